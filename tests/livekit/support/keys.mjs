// Tokens, as somebody's own server makes them with livekit-server-sdk.
import { AccessToken, RoomServiceClient } from 'livekit-server-sdk';

export const apiKey = 'testkey';
export const apiSecret = 'a-secret-of-these-tests-and-of-nothing-else';

/**
 * @param {string} room
 * @param {string} identity
 * @param {{ grants?: Record<string, unknown>, name?: string, metadata?: string, attributes?: Record<string, string>, ttl?: string | number }} [options]
 */
export function tokenFor(room, identity, { grants = {}, ...options } = {}) {
  const token = new AccessToken(apiKey, apiSecret, { identity, ttl: '10m', ...options });
  token.addGrant({ roomJoin: true, room, ...grants });
  return token.toJwt();
}

/** The server API of a Moim, through the unmodified SDK. @param {string} url */
export const roomService = (url) => new RoomServiceClient(url, apiKey, apiSecret);
