//! The direct door: Socket.IO and WebSocket signaling for peer-to-peer calls.
