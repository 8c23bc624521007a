#!/usr/bin/env python3
"""A network camera on loopback: JPEG files in turn, twenty a second, over HTTP and RTSP.

usage: network.py FOLDER PORT_FILE [LOGIN]

FOLDER: frames, as *.jpg; and maybe video.ts, which is sent a bit at a time. PORT_FILE: names the port to listen at, or, where
it is missing, is written as soon as one is open. LOGIN: user:password; without it everybody may look.

    http://127.0.0.1:PORT/mjpeg    multipart/x-mixed-replace
    http://127.0.0.1:PORT/video    MPEG-TS
    http://127.0.0.1:PORT/silent   sends nothing
    rtsp://127.0.0.1:PORT/mjpeg    RTP of RFC 2435, interleaved in RTSP's own connection
"""

import base64
import hashlib
import os
import pathlib
import socketserver
import struct
import sys
import time

folder, port_file = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
login = sys.argv[3] if len(sys.argv) > 3 else None
frames = [path.read_bytes() for path in sorted(folder.glob("*.jpg"))]
interval = 0.05


def segments(jpeg):
    """Markers and their segments up to the coded pixels, and these."""
    at, found = 2, []
    while True:
        marker, length = jpeg[at + 1], struct.unpack_from(">H", jpeg, at + 2)[0]
        found.append((marker, jpeg[at + 4 : at + 2 + length]))
        at += 2 + length
        if marker == 0xDA:
            return found, jpeg[at:-2]


def packets(jpeg, sequence, timestamp):
    """RFC 2435: a frame without its headers, in packets; the tables that quantize come along."""
    found, scan = segments(jpeg)
    tables, size = {}, None
    for marker, body in found:
        if marker == 0xDB:
            for at in range(0, len(body), 65):
                tables[body[at]] = body[at + 1 : at + 65]
        if marker == 0xC0:
            size = struct.unpack_from(">HH", body, 1)
    table = tables[0] + tables.get(1, tables[0])
    offset = 0
    while offset < len(scan):
        part = scan[offset : offset + 1200]
        header = struct.pack(">IBBBB", offset, 1, 255, size[1] // 8, size[0] // 8)
        if offset == 0:
            header += struct.pack(">BBH", 0, 0, len(table)) + table
        last = offset + len(part) == len(scan)
        rtp = struct.pack(">BBHII", 0x80, 26 | last << 7, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, 1)
        packet = rtp + header + part
        yield b"$\0" + struct.pack(">H", len(packet)) + packet
        sequence += 1
        offset += len(part)


def is_known(header):
    """Whether what follows "Authorization:" is the login; Basic over HTTP, Digest over RTSP."""
    kind, _, rest = header.strip().partition(" ")
    if kind == "Basic":
        return base64.b64decode(rest).decode() == login
    fields = dict(part.strip().split("=", 1) for part in rest.split(","))
    fields = {name: value.strip('"') for name, value in fields.items()}
    user, password = login.split(":", 1)
    digest = lambda text: hashlib.md5(text.encode()).hexdigest()
    asked = digest(f"{is_known.method}:{fields['uri']}")
    return fields["response"] == digest(f"{digest(f'{user}:camera:{password}')}:nonce:{asked}")


class Visitor(socketserver.StreamRequestHandler):
    def handle(self):
        try:
            while self.request_line():
                pass
        except (ConnectionError, TimeoutError):
            pass

    def request_line(self):
        """Takes a request; whether another may follow."""
        line = self.rfile.readline().decode()
        if not line.strip():
            return False
        method, address, version = line.split()
        header = {}
        while (line := self.rfile.readline().decode().strip()) != "":
            name, _, value = line.partition(":")
            header[name.lower()] = value.strip()
        is_known.method = method
        allowed = login is None or ("authorization" in header and is_known(header["authorization"]))
        if version.startswith("RTSP"):
            return self.rtsp(method, address, header, allowed)
        if not allowed:
            self.say('HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="camera"\r\nContent-Length: 0\r\n\r\n')
            return True
        if address == "/mjpeg":
            self.say("HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n")
            self.every(lambda jpeg: self.wfile.write(
                b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%b\r\n" % (len(jpeg), jpeg)))
        elif address == "/video":
            self.say("HTTP/1.0 200 OK\r\nContent-Type: video/mp2t\r\n\r\n")
            with open(folder / "video.ts", "rb") as file:
                while part := file.read(188 * 20):
                    self.wfile.write(part)
                    time.sleep(interval)
        elif address == "/silent":
            self.rfile.read()
        else:
            self.say("HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        return False

    def rtsp(self, method, address, header, allowed):
        def answer(code, fields="", body=""):
            length = f"Content-Length: {len(body)}\r\n" if body else ""
            self.say(f"RTSP/1.0 {code}\r\nCSeq: {header['cseq']}\r\n{fields}{length}\r\n{body}")
            return True

        if method == "OPTIONS":
            return answer("200 OK", "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n")
        if not allowed:
            return answer("401 Unauthorized", 'WWW-Authenticate: Digest realm="camera", nonce="nonce"\r\n')
        if method == "DESCRIBE":
            return answer("200 OK", f"Content-Type: application/sdp\r\nContent-Base: {address}/\r\n",
                "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\nm=video 0 RTP/AVP 26\r\na=control:video\r\n")
        if method == "SETUP":
            if "interleaved" not in header["transport"]:
                return answer("461 Unsupported Transport")
            return answer("200 OK", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n")
        if method != "PLAY":
            answer("200 OK")
            return False
        answer("200 OK", "Session: 1\r\n")
        sequence, start = 0, time.monotonic()

        def send(jpeg):
            nonlocal sequence
            for packet in packets(jpeg, sequence, int((time.monotonic() - start) * 90000)):
                self.wfile.write(packet)
                sequence += 1

        self.every(send)
        return False

    def say(self, text):
        self.wfile.write(text.encode())

    @staticmethod
    def every(send):
        while True:
            for jpeg in frames:
                send(jpeg)
                time.sleep(interval)


class Camera(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


port = int(port_file.read_text()) if port_file.exists() else 0
with Camera(("127.0.0.1", port), Visitor) as camera:
    new = port_file.with_suffix(".new")
    new.write_text(str(camera.server_address[1]))
    os.replace(new, port_file)
    camera.serve_forever()
