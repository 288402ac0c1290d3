"""Somebody in a room by way of the native SDK: what it hears, sees and counts."""

import asyncio
import os
import time
from datetime import timedelta

from livekit import api, rtc

from synthetic import Synthetic

URL = os.environ["MOIM_URL"]
KEY, SECRET = os.environ["MOIM_API_KEY"], os.environ["MOIM_API_SECRET"]


def token_for(room, identity):
    grants = api.VideoGrants(room_join=True, room=room)
    token = api.AccessToken(KEY, SECRET).with_identity(identity).with_grants(grants)
    return token.with_ttl(timedelta(minutes=10)).to_jwt()


async def until(what, ask, within=20.0):
    """Asks again and again until the answer is true."""
    deadline = time.monotonic() + within
    while not (answer := ask()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {within} s in vain for {what}")
        await asyncio.sleep(0.05)
    return answer


class Guest:
    def __init__(self, identity):
        self.identity = identity
        self.room = rtc.Room()
        self.media = Synthetic()
        self.frames = {}
        self.sounds = {}
        self.data = []
        self.data_tracks = {}
        self.events = []
        self._tasks = []
        self._listen()

    async def join(self, room, *, single=True):
        options = rtc.RoomOptions(single_peer_connection=single)
        await self.room.connect(URL, token_for(room, self.identity), options)
        return self

    async def leave(self):
        await self.media.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.room.disconnect()

    async def sees(self, identity, frames=10, within=20.0):
        first = self.frames.get(identity, 0)
        await until(
            f"{self.identity} to see {identity}",
            lambda: self.frames.get(identity, 0) >= first + frames,
            within,
        )

    async def hears(self, identity, sounds=50, within=20.0):
        first = self.sounds.get(identity, 0)
        await until(
            f"{self.identity} to hear {identity}",
            lambda: self.sounds.get(identity, 0) >= first + sounds,
            within,
        )

    def _listen(self):
        on = self.room.on
        on("track_subscribed", self._subscribed)
        on("data_received", lambda packet: self.data.append((packet.participant and packet.participant.identity, bytes(packet.data), packet.topic)))
        on("data_track_published", lambda track: self.data_tracks.update({track.info.name: track}))
        on("data_track_unpublished", lambda sid: self.events.append(("data_track_unpublished", (sid,))))
        for name in ("reconnecting", "reconnected", "disconnected", "participant_connected", "participant_disconnected", "track_muted", "track_unmuted", "active_speakers_changed"):
            on(name, lambda *arguments, name=name: self.events.append((name, arguments)))

    def _subscribed(self, track, _publication, participant):
        read = self._watch if track.kind == rtc.TrackKind.KIND_VIDEO else self._hear
        self._tasks.append(asyncio.create_task(read(track, participant.identity)))

    async def _watch(self, track, identity):
        async for _ in rtc.VideoStream(track):
            self.frames[identity] = self.frames.get(identity, 0) + 1

    async def _hear(self, track, identity):
        """Counts pieces that are not silence: silence is also made up when nothing arrives."""
        async for event in rtc.AudioStream(track):
            if max(event.frame.data, default=0) > 500:
                self.sounds[identity] = self.sounds.get(identity, 0) + 1
