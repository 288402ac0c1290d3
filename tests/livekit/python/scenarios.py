"""The native SDK (Rust, libwebrtc) as it comes from PyPI, against a running Moim."""

import asyncio
import secrets
import unittest

from livekit import rtc

from guest import Guest, until

CODECS = {
    "VP8": rtc.VideoCodec.VP8,
    "H264": rtc.VideoCodec.H264,
    "VP9": rtc.VideoCodec.VP9,
    "AV1": rtc.VideoCodec.AV1,
}


class Scenarios:
    """Runs over one connection and over two: see the classes below."""

    single = True

    async def asyncSetUp(self):
        self.name = f"room-{secrets.token_hex(6)}"
        self.guests = []

    async def asyncTearDown(self):
        await asyncio.gather(*(guest.leave() for guest in self.guests))

    async def join(self, identity):
        guest = Guest(identity)
        self.guests.append(guest)
        return await asyncio.wait_for(guest.join(self.name, single=self.single), 20)

    async def two(self):
        return await self.join("anna"), await self.join("ben")

    async def test_two_clients_see_and_hear_each_other(self):
        anna, ben = await self.two()
        await anna.media.publish(anna.room)
        await ben.media.publish(ben.room)
        await asyncio.gather(anna.sees("ben"), ben.sees("anna"), anna.hears("ben"), ben.hears("anna"))
        for publication in anna.room.remote_participants["ben"].track_publications.values():
            self.assertRegex(publication.sid, r"^TR_(VC|AM)")

    async def test_who_comes_late_gets_what_is_there(self):
        anna = await self.join("anna")
        await anna.media.publish(anna.room)
        ben = await self.join("ben")
        await asyncio.gather(ben.sees("anna"), ben.hears("anna"))

    async def test_every_codec(self):
        for name, codec in CODECS.items():
            with self.subTest(codec=name):
                anna, ben = await self.join(f"anna-{name}"), await self.join(f"ben-{name}")
                # The native encoders of VP9 and AV1 are published as one stream here.
                await anna.media.publish(anna.room, codec=codec, simulcast=name in ("VP8", "H264"), audio=False)
                await ben.sees(anna.identity, within=30)
                await asyncio.gather(anna.leave(), ben.leave())
                self.guests.clear()

    async def test_data_arrives_whole_and_in_order(self):
        anna, ben = await self.two()
        await until("anna to know of ben", lambda: "ben" in anna.room.remote_participants)
        for number in range(50):
            await anna.room.local_participant.publish_data(f"{number}", reliable=True, topic="count")
        await until("all of it", lambda: len(ben.data) == 50)
        self.assertEqual(ben.data, [("anna", f"{number}".encode(), "count") for number in range(50)])

    async def test_a_data_track_is_read_by_who_asks_for_it(self):
        anna, ben = await self.two()
        track = await anna.room.local_participant.publish_data_track(name="position")
        self.assertRegex(track.info.sid, r"^DTR_[A-Za-z0-9]{12}$")
        seen = await until("ben to hear of it", lambda: ben.data_tracks.get("position"))
        self.assertEqual((seen.info.sid, seen.publisher_identity), (track.info.sid, "anna"))
        frames = []

        async def read():
            async for frame in seen.subscribe():
                frames.append(bytes(frame.payload))

        reading = asyncio.create_task(read())
        numbers = iter(range(1_000_000))

        def pushed():
            track.try_push(rtc.DataTrackFrame(payload=b"%d" % next(numbers)))
            return len(frames) >= 20

        await until("frames", pushed)
        self.assertTrue(all(frame.isdigit() for frame in frames), frames)
        await track.unpublish()
        await until("its end", lambda: any(name == "data_track_unpublished" for name, _ in ben.events))
        reading.cancel()

    async def test_a_muted_track_is_silent_until_it_is_unmuted(self):
        anna, ben = await self.two()
        (publication,) = await anna.media.publish(anna.room, video=False)
        await ben.hears("anna")
        publication.track.mute()
        await until("the mute", lambda: any(name == "track_muted" for name, _ in ben.events))
        publication.track.unmute()
        await until("the unmute", lambda: any(name == "track_unmuted" for name, _ in ben.events))
        await ben.hears("anna")

    async def test_a_call_is_answered(self):
        anna, ben = await self.two()
        await until("anna to know of ben", lambda: "ben" in anna.room.remote_participants)

        @ben.room.local_participant.register_rpc_method("greet")
        async def greet(data):
            return f"{data.caller_identity} said {data.payload}"

        answer = await anna.room.local_participant.perform_rpc(
            destination_identity="ben", method="greet", payload="hello"
        )
        self.assertEqual(answer, "anna said hello")

    async def test_a_lost_signal_comes_back_as_the_same_person(self):
        anna, ben = await self.two()
        await anna.media.publish(anna.room)
        await ben.media.publish(ben.room)
        await asyncio.gather(anna.sees("ben"), ben.sees("anna"))
        sid = anna.room.local_participant.sid
        await anna.room.simulate_scenario(rtc.SimulateScenarioKind.Value("SIMULATE_SIGNAL_RECONNECT"))
        await until("the return", lambda: any(name == "reconnected" for name, _ in anna.events), 30)
        self.assertEqual(anna.room.local_participant.sid, sid)
        await asyncio.gather(anna.sees("ben"), ben.sees("anna"), anna.hears("ben"), ben.hears("anna"))
        self.assertNotIn("participant_disconnected", [name for name, _ in ben.events])

    async def test_a_new_join_replaces_the_old_one(self):
        anna, ben = await self.two()
        await anna.media.publish(anna.room)
        await ben.sees("anna")
        await anna.room.simulate_scenario(rtc.SimulateScenarioKind.Value("SIMULATE_FULL_RECONNECT"))
        await until("the return", lambda: any(name == "reconnected" for name, _ in anna.events), 30)
        await ben.sees("anna")
        self.assertEqual(list(ben.room.remote_participants), ["anna"])

    async def test_who_leaves_is_gone(self):
        anna, ben = await self.two()
        await until("ben to know of anna", lambda: "anna" in ben.room.remote_participants)
        await anna.leave()
        self.guests.remove(anna)
        await until("anna to be gone", lambda: "anna" not in ben.room.remote_participants, 5)


class OverOneConnection(Scenarios, unittest.IsolatedAsyncioTestCase):
    single = True


class OverTwoConnections(Scenarios, unittest.IsolatedAsyncioTestCase):
    single = False


if __name__ == "__main__":
    unittest.main()
