//! STUN and TURN server as a machine.
