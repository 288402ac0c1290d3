// @ts-check
// What runs in a page before the app does: it keeps hold of every RTCPeerConnection, since the product has no hook for tests.
// These functions are sent to the browser as text, so each stands alone.

/**
 * @param {{ iceTransportPolicy?: RTCIceTransportPolicy, onlyUrls?: string }} forced laid over the app's own configuration;
 *   `onlyUrls` keeps the TURN addresses that match this pattern
 */
export function observeConnections(forced) {
  const Native = window.RTCPeerConnection;
  const pattern = forced.onlyUrls ? new RegExp(forced.onlyUrls) : null;
  /** @param {RTCIceServer} server */
  const kept = (server) => ({ ...server, urls: [server.urls].flat().filter((url) => !pattern || pattern.test(url)) });
  /** @type {RTCPeerConnection[]} */
  const connections = [];
  Object.assign(window, { observedConnections: connections });
  /** @param {RTCConfiguration} [config] */
  const bent = (config) => ({
    ...config,
    ...(forced.iceTransportPolicy ? { iceTransportPolicy: forced.iceTransportPolicy } : {}),
    ...(config?.iceServers ? { iceServers: config.iceServers.map(kept).filter((server) => server.urls.length > 0) } : {}),
  });
  window.RTCPeerConnection = class extends Native {
    /** @param {RTCConfiguration} [config] */
    constructor(config) {
      super(bent(config));
      connections.push(this);
    }

    /** @param {RTCConfiguration} [config] */
    setConfiguration(config) {
      super.setConfiguration(bent(config));
    }
  };
}

/**
 * The state of the newest connection that is not closed: what arrives, what leaves, and by which path.
 * @returns {Promise<import('./media.mjs').Media | null>}
 */
export async function readMedia() {
  /** @type {RTCPeerConnection[]} */
  const connections = /** @type {any} */ (window).observedConnections ?? [];
  const connection = connections.filter((one) => one.connectionState !== 'closed').at(-1);
  if (!connection) return null;
  /** @type {Map<string, any>} */
  const stats = new Map();
  (await connection.getStats()).forEach((/** @type {any} */ stat) => stats.set(stat.id, stat));
  const all = [...stats.values()];
  const rtp = (/** @type {string} */ type, /** @type {string} */ kind) => all.filter((stat) => stat.type === type && stat.kind === kind);
  const sum = (/** @type {any[]} */ list, /** @type {string} */ field) => list.reduce((total, stat) => total + (stat[field] ?? 0), 0);
  const transport = all.find((stat) => stat.type === 'transport' && stat.selectedCandidatePairId);
  const pair = transport
    ? stats.get(transport.selectedCandidatePairId)
    : all.find((stat) => stat.type === 'candidate-pair' && stat.selected) ?? all.find((stat) => stat.type === 'candidate-pair' && stat.nominated && stat.state === 'succeeded');
  const candidate = (/** @type {string | undefined} */ id) => {
    const one = id ? stats.get(id) : undefined;
    return one ? { type: one.candidateType, protocol: one.protocol, relayProtocol: one.relayProtocol ?? '', address: one.address ?? '', port: one.port ?? 0, url: one.url ?? '' } : null;
  };
  const video = rtp('inbound-rtp', 'video');
  const audio = rtp('inbound-rtp', 'audio');
  const levels = connection.getReceivers().flatMap((receiver) => receiver.getSynchronizationSources?.() ?? []).map((source) => source.audioLevel ?? 0);
  return {
    state: connection.connectionState,
    connections: connections.length,
    framesDecoded: sum(video, 'framesDecoded'),
    width: Math.max(0, ...video.map((stat) => stat.frameWidth ?? 0)),
    height: Math.max(0, ...video.map((stat) => stat.frameHeight ?? 0)),
    audioPackets: sum(audio, 'packetsReceived'),
    // Samples that were really received, not made up to fill a gap.
    audioSamples: sum(audio, 'totalSamplesReceived') - sum(audio, 'concealedSamples'),
    audioLevel: Math.max(0, ...levels),
    local: candidate(pair?.localCandidateId),
    remote: candidate(pair?.remoteCandidateId),
  };
}

/**
 * What arrives from everybody in a group room: each tile with the frames decoded of its track, and each sound.
 * @returns {Promise<import('./group.mjs').Arrivals>}
 */
export async function readArrivals() {
  /** @type {RTCPeerConnection[]} */
  const connections = /** @type {any} */ (window).observedConnections ?? [];
  /** @type {any[]} */
  const inbound = [];
  for (const connection of connections.filter((one) => one.connectionState !== 'closed')) {
    (await connection.getStats()).forEach((/** @type {any} */ stat) => stat.type === 'inbound-rtp' && inbound.push(stat));
  }
  const tiles = [...document.querySelectorAll('[data-testid=group-tile], [data-testid=group-screen]')].map((tile) => {
    const stream = /** @type {MediaStream | null} */ (tile.querySelector('video')?.srcObject ?? null);
    const stat = inbound.find((one) => one.trackIdentifier === stream?.getVideoTracks()[0]?.id);
    return {
      name: tile.querySelector('[data-testid=group-name]')?.textContent ?? '',
      id: tile.getAttribute('data-person') ?? '',
      framesDecoded: stat?.framesDecoded ?? 0,
      width: stat?.frameWidth ?? 0,
    };
  });
  const sounds = inbound.filter((stat) => stat.kind === 'audio');
  return { tiles, sounds: sounds.map((stat) => ({ id: stat.trackIdentifier, energy: stat.totalAudioEnergy ?? 0 })) };
}
