//! nginx's [access log](https://nginx.org/en/docs/http/ngx_http_log_module.html) with times: any `log_format`. Stamps are ends; `$request_time` is in seconds, from the first byte that was read to the last one that was sent.

use super::by_layout;
use super::layout::Server;
use crate::import::{About, Kind};

/// What there is to say about it.
pub static ABOUT: About =
    About { id: "nginx-access", title: "nginx's access log", kind: Kind::Requests, how_to_record: RECORD };

const RECORD: &str = "log_format timed '$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent \"$http_referer\" \"$http_user_agent\" rt=$request_time urt=$upstream_response_time msec=$msec rid=$request_id'; access_log /var/log/nginx/access.log timed;
Any log_format is read; $msec says to the millisecond when.";

/// The format.
pub struct Nginx;

by_layout!(Nginx, ABOUT, &[Server::Nginx]);
