"""The direct door, seen by an unmodified python-socketio client.

Needs MOIM_URL (e.g. http://127.0.0.1:7880) and MOIM_TOKEN (the server's shared token).
"""

import base64
import itertools
import os
import queue
import time
import unittest
import urllib.error
import urllib.request
import json

import socketio
from socketio.exceptions import ConnectionError as RefusedError

URL = os.environ["MOIM_URL"]
TOKEN = os.environ["MOIM_TOKEN"]
PATIENCE_S = 5
HEARTBEAT_S = 35
EVENTS = ("message", "uniquenessError", "targetError", "limitError", "iceServers", "replaced")

_numbers = itertools.count(1)


def fresh_room():
    return f"python-{os.getpid()}-{next(_numbers)}"


class Peer:
    """A client that keeps each event's data in a queue."""

    def __init__(self, room=None, transports=None, token=TOKEN):
        self.client = socketio.Client(reconnection=False)
        self.queues = {name: queue.Queue() for name in EVENTS + ("disconnect",)}
        for name in EVENTS:
            self.client.on(name, self._keep(name))
        self.client.on("disconnect", lambda *_: self.queues["disconnect"].put(None))
        auth = {"token": token}
        if room is not None:
            auth["room"] = room
        self.client.connect(URL, auth=auth, transports=transports, wait_timeout=PATIENCE_S)

    def _keep(self, name):
        def handler(data=None):
            self.queues[name].put(data)

        return handler

    @property
    def id(self):
        return self.client.get_sid()

    def ready(self, peer_id, peer_type=None):
        data = peer_id if peer_type is None else (peer_id, peer_type)
        self.client.emit("ready", data)
        return self

    def emit(self, event, data):
        self.client.emit(event, data)

    def next(self, event="message", patience=PATIENCE_S):
        return self.queues[event].get(timeout=patience)

    def close(self):
        self.client.disconnect()


class Scenarios:
    """The same story over each transport."""

    transports = None

    def peer(self, *args, **kwargs):
        peer = Peer(*args, transports=self.transports, **kwargs)
        self.addCleanup(peer.close)
        return peer

    def registered(self, room, name):
        peer = self.peer(room).ready(name)
        peer.next()
        return peer

    def test_open_messages_have_their_exact_shape(self):
        room = fresh_room()
        ann = self.peer(room).ready("ann", "camera")
        self.assertEqual(
            ann.next(),
            {
                "from": "all",
                "target": "ann",
                "payload": {"action": "open", "connections": [], "bePolite": False},
            },
        )
        bob = self.peer(room).ready("bob")
        self.assertEqual(
            bob.next()["payload"],
            {
                "action": "open",
                "connections": [{"socketId": ann.id, "peerId": "ann", "peerType": "camera"}],
                "bePolite": False,
            },
        )
        self.assertEqual(
            ann.next(),
            {
                "from": "bob",
                "target": "all",
                "payload": {
                    "action": "open",
                    "connections": [{"socketId": bob.id, "peerId": "bob"}],
                    "bePolite": True,
                },
            },
        )

    def test_messages_arrive_unchanged(self):
        room = fresh_room()
        ann, bob, eve = (self.registered(room, name) for name in ("ann", "bob", "eve"))
        for peer, newcomers in ((ann, 2), (bob, 1)):
            for _ in range(newcomers):
                peer.next()
        to_all = {"from": "ann", "target": "all", "payload": {"n": 2.5, "deep": [None, "세", {"x": True}]}}
        ann.emit("message", to_all)
        got = bob.next()
        self.assertEqual(got, to_all)
        self.assertEqual(json.dumps(got), json.dumps(to_all), "even the order of keys is kept")
        self.assertEqual(eve.next(), to_all)
        to_one = {"from": "bob", "target": "eve", "message": "for you alone"}
        bob.emit("messageOne", to_one)
        self.assertEqual(eve.next(), to_one)
        bob.emit("message", {"from": "bob", "fence": True})
        self.assertTrue(ann.next()["fence"], "nothing for one reached another")

    def test_the_others_learn_that_a_peer_went(self):
        room = fresh_room()
        ann = self.registered(room, "ann")
        bob = self.registered(room, "bob")
        ann.next()
        bob.close()
        # This client, over polling, now and then stops before its goodbye is sent; then the heartbeat finds out.
        self.assertEqual(
            ann.next(patience=HEARTBEAT_S),
            {
                "from": "bob",
                "target": "all",
                "payload": {"action": "close", "message": "Peer has left the signaling server"},
            },
        )
        again = self.peer(room).ready("bob")
        self.assertEqual(again.next()["payload"]["connections"][0]["peerId"], "ann")

    def test_a_taken_peer_id_is_refused_and_disconnected(self):
        room = fresh_room()
        ann = self.registered(room, "ann")
        second = self.peer(room).ready("ann")
        text = "ann is already connected to the signalling server. Please change your peer ID and try again."
        self.assertEqual(second.next("uniquenessError"), {"message": text, "error": text})
        second.next("disconnect")
        self.assertTrue(ann.client.connected)

    def test_a_wrong_token_is_refused(self):
        for token in ("wrong", "", None):
            client = socketio.Client(reconnection=False)
            self.addCleanup(client.disconnect)
            errors = queue.Queue()
            client.on("connect_error", errors.put)
            with self.assertRaises(RefusedError):
                client.connect(URL, auth={"token": token}, transports=self.transports, wait_timeout=PATIENCE_S)
            self.assertEqual(errors.get(timeout=PATIENCE_S), {"message": "Authentication error"})

    def test_rooms_are_apart(self):
        here, there = fresh_room(), fresh_room()
        ann = self.registered(here, "ann")
        other = self.peer(there).ready("ann")
        self.assertEqual(other.next()["payload"]["connections"], [])
        bob = self.registered(here, "bob")
        other.emit("message", {"from": "ann", "message": "not for here"})
        other.emit("messageOne", {"from": "ann", "target": "bob", "message": "nor this"})
        self.assertEqual(other.next("targetError")["target"], "bob")
        ann.emit("message", {"from": "ann", "fence": True})
        self.assertTrue(bob.next()["fence"])

    def test_nobody_speaks_for_another(self):
        room = fresh_room()
        ann = self.registered(room, "ann")
        eve = self.registered(room, "eve")
        ann.next()
        eve.emit("message", {"from": "bob", "message": "I am bob"})
        self.assertEqual(ann.next(), {"from": "eve", "message": "I am bob"})

    def test_ice_servers_come_after_ready(self):
        ann = self.peer(fresh_room()).ready("ann")
        servers = ann.next("iceServers")
        turn = next(server for server in servers if any(url.startswith("turn:") for url in server["urls"]))
        expires = int(turn["username"].split(":")[0])
        self.assertAlmostEqual(expires - time.time(), 3600, delta=60)
        self.assertEqual(len(base64.b64decode(turn["credential"])), 20)

    def test_a_message_that_is_too_long_earns_a_limit_error(self):
        ann = self.peer(fresh_room()).ready("ann")
        ann.emit("message", {"from": "ann", "message": "x" * 70_000})
        self.assertEqual(ann.next("limitError")["limit"], "messageBytes")
        ann.emit("messageOne", {"from": "ann", "target": "ann", "message": "still in"})
        ann.next()
        self.assertEqual(ann.next()["message"], "still in")


class OverPollingThenWebSocket(Scenarios, unittest.TestCase):
    pass


class OverWebSocket(Scenarios, unittest.TestCase):
    transports = ["websocket"]


class OverPolling(Scenarios, unittest.TestCase):
    transports = ["polling"]


class OverHttp(unittest.TestCase):
    def test_connections_are_listed_for_the_token(self):
        room = fresh_room()
        ann = Peer(room)
        self.addCleanup(ann.close)
        ann.ready("ann", 7)
        ann.next()
        request = urllib.request.Request(f"{URL}/connections?room={room}")
        request.add_header("Authorization", f"Bearer {TOKEN}")
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            listed = json.load(answer)
        self.assertEqual(listed, [{"socketId": ann.id, "peerId": "ann", "peerType": 7}])

    def test_ice_servers_need_a_token(self):
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{URL}/direct/ice-servers?token=wrong", timeout=PATIENCE_S)
        self.assertEqual(refused.exception.code, 401)
        refused.exception.close()


if __name__ == "__main__":
    unittest.main()
