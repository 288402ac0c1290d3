// What runs in the page: an unmodified livekit-client, and the questions that a test asks of it.
import {
  ConnectionError,
  ConnectionErrorReason,
  ConnectionState,
  createLocalAudioTrack,
  createLocalVideoTrack,
  DisconnectReason,
  ExternalE2EEKeyProvider,
  Room,
  RoomEvent,
  RpcError,
  SubscriptionError,
  setLogLevel,
  Track,
  VideoPreset,
} from 'livekit-client';

setLogLevel('warn');

/** Everything that the room told, oldest first. */
const events = [];
const note = (name, detail = {}) => events.push({ at: performance.now(), name, ...detail });

let room;
let started = 0;
let firstFrameMs;
const local = new Map();
/** Data tracks: own ones by name, those of others by sid, and the frames that came of each. */
const localData = new Map();
const remoteData = new Map();
const frames = new Map();

function show(track, publication, participant) {
  const element = track.attach();
  element.id = publication.trackSid;
  if (track.kind === Track.Kind.Video) {
    element.width = 320;
    element.height = 180;
    element.requestVideoFrameCallback?.(() => {
      firstFrameMs ??= performance.now() - started;
      note('firstFrame', { identity: participant.identity, sid: publication.trackSid });
    });
  }
  document.body.append(element);
}

/** Each event by its name, with what a test looks at. */
function listen(to) {
  const who = (participant) => ({ identity: participant?.identity, sid: participant?.sid });
  const what = (publication) => ({ track: publication?.trackSid, source: publication?.source, kind: publication?.kind });
  to.on(RoomEvent.TrackSubscribed, show);
  to.on(RoomEvent.TrackUnsubscribed, (track) => {
    for (const element of track.detach()) element.remove();
  });
  to.on(RoomEvent.Disconnected, (reason) => note('disconnected', { reason: DisconnectReason[reason] ?? null }));
  to.on(RoomEvent.ConnectionStateChanged, (state) => note('state', { state }));
  to.on(RoomEvent.SignalReconnecting, () => note('signalReconnecting'));
  to.on(RoomEvent.Reconnecting, () => note('reconnecting'));
  to.on(RoomEvent.Reconnected, () => note('reconnected'));
  to.on(RoomEvent.ParticipantConnected, (one) => note('participantConnected', who(one)));
  to.on(RoomEvent.ParticipantDisconnected, (one) => note('participantDisconnected', who(one)));
  to.on(RoomEvent.TrackPublished, (publication, one) => note('trackPublished', { ...who(one), ...what(publication) }));
  to.on(RoomEvent.TrackUnpublished, (publication, one) => note('trackUnpublished', { ...who(one), ...what(publication) }));
  to.on(RoomEvent.TrackSubscribed, (_, publication, one) => note('trackSubscribed', { ...who(one), ...what(publication) }));
  to.on(RoomEvent.TrackUnsubscribed, (_, publication, one) => note('trackUnsubscribed', { ...who(one), ...what(publication) }));
  to.on(RoomEvent.TrackSubscriptionFailed, (track, one, error) => note('trackSubscriptionFailed', { ...who(one), track, error: SubscriptionError[error] ?? null }));
  to.on(RoomEvent.TrackSubscriptionPermissionChanged, (publication, status, one) => note('subscriptionPermission', { ...who(one), ...what(publication), status }));
  to.on(RoomEvent.TrackMuted, (publication, one) => note('trackMuted', { ...who(one), ...what(publication) }));
  to.on(RoomEvent.TrackUnmuted, (publication, one) => note('trackUnmuted', { ...who(one), ...what(publication) }));
  to.on(RoomEvent.TrackStreamStateChanged, (publication, state, one) => note('streamState', { ...who(one), ...what(publication), state }));
  to.on(RoomEvent.LocalTrackPublished, (publication) => note('localTrackPublished', what(publication)));
  to.on(RoomEvent.LocalTrackUnpublished, (publication) => note('localTrackUnpublished', what(publication)));
  to.on(RoomEvent.LocalTrackSubscribed, (publication) => note('localTrackSubscribed', what(publication)));
  to.on(RoomEvent.ActiveSpeakersChanged, (speakers) => note('speakers', { identities: speakers.map((one) => one.identity) }));
  to.on(RoomEvent.ParticipantMetadataChanged, (before, one) => note('metadata', { ...who(one), before, now: one.metadata }));
  to.on(RoomEvent.ParticipantNameChanged, (name, one) => note('name', { ...who(one), now: name }));
  to.on(RoomEvent.ParticipantAttributesChanged, (changed, one) => note('attributes', { ...who(one), changed, now: { ...one.attributes } }));
  to.on(RoomEvent.ParticipantPermissionsChanged, (_, one) => note('permissions', { ...who(one), canPublish: one.permissions?.canPublish, canSubscribe: one.permissions?.canSubscribe }));
  to.on(RoomEvent.RoomMetadataChanged, (metadata) => note('roomMetadata', { now: metadata }));
  to.on(RoomEvent.ConnectionQualityChanged, (quality, one) => note('quality', { ...who(one), quality }));
  to.on(RoomEvent.EncryptionError, (error, one) => note('encryptionError', { ...who(one), message: error.message }));
  to.on(RoomEvent.DataTrackPublished, (track) => {
    remoteData.set(track.info.sid, track);
    note('dataTrackPublished', { identity: track.publisherIdentity, sid: track.info.sid, track: track.info.name });
  });
  to.on(RoomEvent.DataTrackUnpublished, (sid) => note('dataTrackUnpublished', { sid }));
  to.on(RoomEvent.DataReceived, (payload, one, kind, topic) => {
    const bytes = payload.length;
    note('data', { ...who(one), text: bytes <= 200 ? new TextDecoder().decode(payload) : null, bytes, kind, topic });
  });
}

const publicationOf = (sid) => [...room.remoteParticipants.values()].flatMap((one) => [...one.trackPublications.values()]).find((one) => one.trackSid === sid);

/** The numbers of one incoming track, of those that a test looks at. */
async function numbersOf(publication, participant) {
  const facts = {
    identity: participant.identity,
    participantSid: participant.sid,
    sid: publication.trackSid,
    kind: publication.kind,
    source: publication.source,
    muted: publication.isMuted,
    subscribed: publication.isSubscribed,
    mime: publication.mimeType,
    streamState: publication.track?.streamState,
  };
  const report = await publication.track?.getRTCStatsReport?.();
  for (const stat of report?.values() ?? []) {
    if (stat.type !== 'inbound-rtp') continue;
    const codec = report.get(stat.codecId)?.mimeType;
    Object.assign(facts, {
      codec,
      packets: stat.packetsReceived,
      lost: stat.packetsLost,
      bytes: stat.bytesReceived,
      frames: stat.framesDecoded ?? 0,
      keyFrames: stat.keyFramesDecoded ?? 0,
      width: stat.frameWidth ?? 0,
      height: stat.frameHeight ?? 0,
      freezes: stat.freezeCount ?? 0,
      freezeSeconds: stat.totalFreezesDuration ?? 0,
      jitterSeconds: stat.jitterBufferDelay ?? 0,
      jitterCount: stat.jitterBufferEmittedCount ?? 0,
      samples: (stat.totalSamplesReceived ?? 0) - (stat.concealedSamples ?? 0),
      allSamples: stat.totalSamplesReceived ?? 0,
      // What was made up because it did not arrive; silence between two words is made up as well.
      madeUp: (stat.concealedSamples ?? 0) - (stat.silentConcealedSamples ?? 0),
      madeUpSilence: stat.silentConcealedSamples ?? 0,
      pli: stat.pliCount,
      nack: stat.nackCount,
    });
  }
  return facts;
}

/** Options for a room whose media and data only those with the same words can read. */
async function encrypted(passphrase) {
  const keyProvider = new ExternalE2EEKeyProvider();
  await keyProvider.setKey(passphrase);
  return { encryption: { keyProvider, worker: new Worker('/e2ee.js', { type: 'module' }) } };
}

window.member = {
  async join({ url, token, options: { passphrase, ...options } = {}, connect = {} }) {
    room = new Room(passphrase ? { ...options, ...(await encrypted(passphrase)) } : options);
    if (passphrase) await room.setE2EEEnabled(true);
    window.room = room;
    listen(room);
    started = performance.now();
    firstFrameMs = undefined;
    try {
      await room.connect(url, token, connect);
    } catch (error) {
      const isConnection = error instanceof ConnectionError;
      return { ok: false, name: error.name, message: error.message, status: error.status, reason: isConnection ? ConnectionErrorReason[error.reason] : null };
    }
    return { ok: true, ms: performance.now() - started, ...window.member.self() };
  },
  leave: () => room.disconnect(),
  self: () => ({
    sid: room.localParticipant.sid,
    identity: room.localParticipant.identity,
    name: room.localParticipant.name,
    metadata: room.localParticipant.metadata,
    attributes: { ...room.localParticipant.attributes },
    state: room.state,
    connected: room.state === ConnectionState.Connected,
    roomMetadata: room.metadata,
  }),
  roomSid: () => room.getSid(),
  token: () => room.engine.token,
  firstFrameMs: () => firstFrameMs ?? null,
  events: ({ since = 0 } = {}) => events.slice(since),

  /** A fake camera or microphone, published. */
  async publish({ source, width = 640, height = 360, fps = 15, ...options }) {
    const track =
      source === 'microphone'
        ? await createLocalAudioTrack({ echoCancellation: false, noiseSuppression: false, autoGainControl: false })
        : await createLocalVideoTrack({ resolution: { width, height, frameRate: fps } });
    const publication = await room.localParticipant.publishTrack(track, options);
    local.set(publication.trackSid, { track, publication });
    return { sid: publication.trackSid, mime: publication.mimeType };
  },
  /** A tone without a pause: the fake microphone only beeps, which is too short to count as speech. */
  async publishTone({ hertz = 440, ...options } = {}) {
    const context = new AudioContext();
    const tone = new OscillatorNode(context, { frequency: hertz });
    const outlet = new MediaStreamAudioDestinationNode(context);
    tone.connect(outlet);
    tone.start();
    const [track] = outlet.stream.getAudioTracks();
    const publication = await room.localParticipant.publishTrack(track, { source: Track.Source.Microphone, ...options });
    local.set(publication.trackSid, { track: publication.track, publication });
    return { sid: publication.trackSid };
  },
  /** A canvas as a screen: it changes at every frame, and needs no picker. */
  async publishScreen({ width = 640, height = 360, fps = 10 } = {}) {
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const context = canvas.getContext('2d');
    setInterval(() => {
      context.fillStyle = `hsl(${(performance.now() / 10) % 360} 80% 50%)`;
      context.fillRect(0, 0, width, height);
    }, 1000 / fps);
    const [track] = canvas.captureStream(fps).getVideoTracks();
    const publication = await room.localParticipant.publishTrack(track, { source: Track.Source.ScreenShare, simulcast: false });
    local.set(publication.trackSid, { track: publication.track, publication });
    return { sid: publication.trackSid };
  },
  unpublish: (sid) => room.localParticipant.unpublishTrack(local.get(sid).track).then(() => local.delete(sid)),
  mute: (sid) => local.get(sid).track.mute().then(() => undefined),
  unmute: (sid) => local.get(sid).track.unmute().then(() => undefined),
  published: () => [...room.localParticipant.trackPublications.values()].map((one) => ({ sid: one.trackSid, source: one.source, muted: one.isMuted })),

  people: () =>
    [...room.remoteParticipants.values()].map((one) => ({
      identity: one.identity,
      sid: one.sid,
      name: one.name,
      metadata: one.metadata,
      attributes: { ...one.attributes },
      tracks: [...one.trackPublications.values()].map((each) => ({ sid: each.trackSid, source: each.source, kind: each.kind, muted: each.isMuted, subscribed: each.isSubscribed, mime: each.mimeType, simulcasted: each.simulcasted })),
    })),
  received: () =>
    Promise.all([...room.remoteParticipants.values()].flatMap((one) => [...one.trackPublications.values()].filter((each) => each.track).map((each) => numbersOf(each, one)))),
  /** What the server last said of the connection that this one publishes over. */
  answer: () => room.engine.pcManager.publisher._pc.remoteDescription.sdp,
  /** A channel of an application's own, beside those of LiveKit. */
  async sendOver({ label, text }) {
    const channel = room.engine.pcManager.publisher._pc.createDataChannel(label);
    await new Promise((done) => channel.addEventListener('open', done, { once: true }));
    channel.send(text);
  },
  /** What leaves, layer by layer. */
  async sent(sid) {
    const sender = local.get(sid).track.sender;
    const layers = [];
    for (const stat of (await sender.getStats()).values()) {
      if (stat.type === 'outbound-rtp') layers.push({ rid: stat.rid ?? null, active: stat.active, frames: stat.framesEncoded, bytes: stat.bytesSent, width: stat.frameWidth ?? 0, mode: stat.scalabilityMode, target: stat.targetBitrate, limited: stat.qualityLimitationReason });
    }
    return { encodings: sender.getParameters().encodings.map(({ rid, active, scalabilityMode, maxBitrate, scaleResolutionDownBy }) => ({ rid, active, scalabilityMode, maxBitrate, scaleResolutionDownBy })), layers };
  },
  subscribe: ({ sid, on }) => publicationOf(sid).setSubscribed(on),
  enable: ({ sid, on }) => publicationOf(sid).setEnabled(on),
  quality: ({ sid, quality }) => publicationOf(sid).setVideoQuality(quality),
  resize: ({ sid, width, height }) => {
    const element = document.getElementById(sid);
    element.width = width;
    element.height = height;
    element.style.width = `${width}px`;
    element.style.height = `${height}px`;
  },
  hide: ({ sid, on }) => {
    document.getElementById(sid).style.display = on ? 'none' : '';
  },
  allow: ({ all, list }) => room.localParticipant.setTrackSubscriptionPermissions(all, list),

  send: ({ text, size = 0, ...options }) => room.localParticipant.publishData(size > 0 ? new Uint8Array(size).fill(7) : new TextEncoder().encode(text), options),
  sendText: ({ text, topic }) => room.localParticipant.sendText(text, { topic }).then(() => undefined),
  receiveText: (topic) =>
    room.registerTextStreamHandler(topic, async (reader, from) => note('text', { identity: from.identity, topic, text: await reader.readAll() })),
  answerRpc: (method) => room.registerRpcMethod(method, async ({ callerIdentity, payload }) => `${callerIdentity} said ${payload}`),
  refuseRpc: (method) =>
    room.registerRpcMethod(method, async () => {
      throw new RpcError(1999, 'not today', 'details');
    }),
  callRpc: ({ to, method, payload }) => room.localParticipant.performRpc({ destinationIdentity: to, method, payload, responseTimeout: 5000 }),

  async publishData(name) {
    try {
      const track = await room.localParticipant.publishDataTrack({ name });
      localData.set(name, track);
      return { ok: true, sid: track.info.sid };
    } catch (error) {
      return { ok: false, message: error.message };
    }
  },
  /** Frames that say which they are; the rest is filled up. */
  async push({ name, first = 0, count = 1, size = 4 }) {
    for (let number = first; number < first + count; number += 1) {
      const payload = new Uint8Array(size).fill(number % 256);
      new DataView(payload.buffer).setUint32(0, number);
      localData.get(name).tryPush({ payload });
      await localData.get(name).flush();
    }
  },
  unpublishData: (name) => localData.get(name).unpublish(),
  /** Reads a data track from now on. */
  readData(sid) {
    const heard = [];
    frames.set(sid, heard);
    (async () => {
      for await (const { payload } of remoteData.get(sid).subscribe()) {
        const number = new DataView(payload.buffer, payload.byteOffset).getUint32(0);
        heard.push({ number, size: payload.length, whole: payload.subarray(4).every((byte) => byte === number % 256) });
      }
      note('dataTrackEnded', { sid });
    })().catch((error) => note('dataTrackFailed', { sid, message: error.message }));
  },
  frames: (sid) => frames.get(sid) ?? [],

  setMetadata: (metadata) => room.localParticipant.setMetadata(metadata),
  setName: (name) => room.localParticipant.setName(name),
  setAttributes: (attributes) => room.localParticipant.setAttributes(attributes),
  simulate: ({ scenario, argument }) => room.simulateScenario(scenario, argument),
  /** As a network does it: the socket is gone, nobody said so. */
  closeSocket: () => room.engine.client.ws.close(),
  /** The paths in use: of each connection, its own end of the selected pair. */
  async paths() {
    const { publisher, subscriber } = room.engine.pcManager;
    const ends = [];
    for (const one of [publisher, subscriber].filter(Boolean)) {
      const report = await one.getStats();
      for (const stat of report.values()) {
        if (stat.type !== 'transport') continue;
        const pair = report.get(stat.selectedCandidatePairId);
        const { address, protocol, candidateType: type, relayProtocol = null } = report.get(pair?.localCandidateId) ?? {};
        ends.push({ address, protocol, type, relayProtocol, rttMs: 1000 * (pair?.currentRoundTripTime ?? 0) });
      }
    }
    return ends;
  },
  /** Over what each connection goes now. */
  protocols: () => window.member.paths().then((ends) => ends.map(({ protocol }) => protocol ?? 'unknown')),
  transports: () => {
    const manager = room.engine.pcManager;
    return { publisher: Boolean(manager.publisher), subscriber: Boolean(manager.subscriber), mode: manager.mode };
  },
};
window.VideoPreset = VideoPreset;
document.body.dataset.ready = 'true';
