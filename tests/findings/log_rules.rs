//! Rules about how a log's statements are used, where recordings have no example.
