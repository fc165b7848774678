"""Pages with one fault each, and the same page without it: /fault/NAME/ and /clean/NAME/."""
