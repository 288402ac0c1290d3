"""Pictures and sound made of numbers, for a client that has no devices."""

import asyncio
import math

from livekit import rtc

WIDTH, HEIGHT, FPS = 640, 360, 15
RATE, TONE_HZ = 48_000, 440


class Synthetic:
    """Publishes a moving picture and a tone until it is closed."""

    def __init__(self):
        self._tasks = []

    async def publish(self, room, *, codec=rtc.VideoCodec.VP8, simulcast=True, video=True, audio=True):
        publications = []
        if video:
            source = rtc.VideoSource(WIDTH, HEIGHT)
            track = rtc.LocalVideoTrack.create_video_track("picture", source)
            options = rtc.TrackPublishOptions(
                source=rtc.TrackSource.SOURCE_CAMERA, video_codec=codec, simulcast=simulcast
            )
            publications.append(await room.local_participant.publish_track(track, options))
            self._tasks.append(asyncio.create_task(self._paint(source)))
        if audio:
            source = rtc.AudioSource(RATE, 1)
            track = rtc.LocalAudioTrack.create_audio_track("tone", source)
            options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
            publications.append(await room.local_participant.publish_track(track, options))
            self._tasks.append(asyncio.create_task(self._sing(source)))
        return publications

    async def close(self):
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _paint(self, source):
        shade = 0
        while True:
            shade = (shade + 5) % 256
            data = bytearray([shade, 255 - shade, 128, 255]) * (WIDTH * HEIGHT)
            source.capture_frame(rtc.VideoFrame(WIDTH, HEIGHT, rtc.VideoBufferType.RGBA, data))
            await asyncio.sleep(1 / FPS)

    async def _sing(self, source):
        samples, at = RATE // 100, 0
        while True:
            frame = rtc.AudioFrame.create(RATE, 1, samples)
            for index in range(samples):
                frame.data[index] = int(8000 * math.sin(2 * math.pi * TONE_HZ * (at + index) / RATE))
            at += samples
            await source.capture_frame(frame)
