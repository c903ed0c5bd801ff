"""GStreamer's RTSP server as a camera that was not written here.

Serves /main (H.264, no B-frames), /audio and /alaw (H.264 and a tone of 440 Hz in G.711, PCMU and PCMA), /hevc (H.265), /mjpeg and /mjpeg422 (motion
JPEG, 4:2:0 and 4:2:2) of a live test picture, behind digest authentication when a user is given. Prints one JSON line {"port": N} when it listens.
Ends when its standard input closes, so that it never outlives who started it.
"""

import argparse
import json
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

H264 = (
    "videotestsrc is-live=true pattern=ball ! "
    "video/x-raw,width={width},height={height},framerate={fps}/1 ! "
    "x264enc tune=zerolatency bframes=0 speed-preset=ultrafast key-int-max={fps} bitrate={kbps} ! "
    "h264parse ! rtph264pay name=pay0 pt=96 config-interval={config_interval}"
)
H265 = (
    "videotestsrc is-live=true pattern=ball ! "
    "video/x-raw,width={width},height={height},framerate={fps}/1 ! "
    "x265enc tune=zerolatency speed-preset=ultrafast key-int-max={fps} bitrate={kbps} ! "
    "h265parse ! rtph265pay name=pay0 pt=97 config-interval={config_interval}"
)
MJPEG = (
    "videotestsrc is-live=true pattern=ball ! "
    "video/x-raw,format={pixels},width={width},height={height},framerate={fps}/1 ! "
    "jpegenc quality=75 ! rtpjpegpay name=pay0 pt=26"
)
TONE = "audiotestsrc is-live=true freq=440 ! audio/x-raw,rate=8000,channels=1 ! "
AUDIO = TONE + "mulawenc ! rtppcmupay name=pay1 pt=0"
ALAW = TONE + "alawenc ! rtppcmapay name=pay1 pt=8"


def mount(mounts, path, pipeline):
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch("( " + pipeline + " )")
    factory.set_shared(True)
    mounts.add_factory(path, factory)
    return factory


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", default="0")
    parser.add_argument("--username")
    parser.add_argument("--password")
    parser.add_argument("--session-timeout", type=int, default=60)
    parser.add_argument("--width", type=int, default=320)
    parser.add_argument("--height", type=int, default=240)
    parser.add_argument("--fps", type=int, default=15)
    parser.add_argument("--kbps", type=int, default=300)
    parser.add_argument("--config-interval", type=int, default=0)
    options = parser.parse_args()

    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address(options.host)
    server.set_service(options.port)
    values = {
        "width": options.width,
        "height": options.height,
        "fps": options.fps,
        "kbps": options.kbps,
        "config_interval": options.config_interval,
    }
    mounts = server.get_mount_points()
    factories = [
        mount(mounts, "/main", H264.format(**values)),
        mount(mounts, "/audio", H264.format(**values) + " " + AUDIO),
        mount(mounts, "/alaw", H264.format(**values) + " " + ALAW),
        mount(mounts, "/hevc", H265.format(**values)),
        mount(mounts, "/mjpeg", MJPEG.format(pixels="I420", **values)),
        mount(mounts, "/mjpeg422", MJPEG.format(pixels="Y42B", **values)),
    ]
    if options.username is not None:
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", "viewer")
        auth = GstRtspServer.RTSPAuth()
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(options.username, options.password or "", token)
        server.set_auth(auth)
        for factory in factories:
            permissions = GstRtspServer.RTSPPermissions()
            permissions.add_permission_for_role("viewer", "media.factory.access", True)
            permissions.add_permission_for_role("viewer", "media.factory.construct", True)
            factory.set_permissions(permissions)

    pool = server.get_session_pool()

    def on_session(_client, session):
        session.set_timeout(options.session_timeout)

    def on_client(_server, client):
        client.connect("new-session", on_session)

    server.connect("client-connected", on_client)
    GLib.timeout_add_seconds(2, lambda: pool.cleanup() >= 0)

    if server.attach(None) == 0:
        print("cannot listen", file=sys.stderr)
        sys.exit(1)
    loop = GLib.MainLoop()

    def end_with_parent():
        sys.stdin.read()
        loop.quit()

    threading.Thread(target=end_with_parent, daemon=True).start()
    print(json.dumps({"port": server.get_bound_port()}), flush=True)
    loop.run()


if __name__ == "__main__":
    main()
