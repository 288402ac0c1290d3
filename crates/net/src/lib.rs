//! Sockets, driver loops, the real clock.
