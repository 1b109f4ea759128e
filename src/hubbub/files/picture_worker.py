"""Re-encode one picture in a process of its own. A script: it is run by its path and imports Pillow
and the standard library only.

    python -I picture_worker.py <folder of Pillow> <source> <target> <small> <pixels> <at once>

Decoders are the most vulnerable part of a server that accepts files from strangers, and a picture
can claim to be a million times larger than its file. So this process has memory and time limits,
and its crash affects nothing else. It prints one line of JSON: `format`, `width`, `height`, `small`
(is there a thumbnail?), or `refused` with a sentence, or `large` if it has more than <at once>
pixels or is an animation: then nothing was decoded.

A picture is decoded once and not copied, so it takes four bytes a pixel and what its encoder
needs.
"""

import contextlib
import io
import json
import sys
from typing import Any

CPU_SECONDS = 30
#: Memory that the process may take: a part of its own, and for each pixel of the picture.
BASE = 256 * 1024 * 1024
BYTES_A_PIXEL = 16
MOST_FRAMES = 600
#: Maximum pixels of all frames together, as a multiple of the limit for one picture.
ANIMATION = 2
NEAREST = 0  # of Pillow
#: Pixels from which a PNG is compressed quickly rather than well.
QUICKLY = 8_000_000
#: Maximum sides of a thumbnail, doubled for high-density screens.
SMALL = (800, 640)
#: Formats that are read -> format that is written.
FORMATS = {"JPEG": "JPEG", "MPO": "JPEG", "PNG": "PNG", "GIF": "GIF", "WEBP": "WEBP",
           "BMP": "PNG", "TIFF": "PNG", "AVIF": "WEBP"}  # fmt: skip


class PictureRefused(Exception):
    pass


def main(arguments: list[str]) -> None:
    libraries, source, target, small, pixels, at_once = arguments
    limit(0, int(pixels))
    sys.path.append(libraries)
    try:
        print(json.dumps(make(source, target, small, (int(pixels), int(at_once)))))
    except PictureRefused as refused:
        print(json.dumps({"refused": str(refused)}))


def limit(pixels: int, most: int) -> None:
    """Limit memory for a picture of so many pixels, at most of `most`, and CPU time. Where the
    system cannot, the pixel limit and the parent's timeout apply."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        memory = BASE + BYTES_A_PIXEL * pixels
        resource.setrlimit(resource.RLIMIT_AS, (memory, BASE + BYTES_A_PIXEL * most))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def make(source: str, target: str, small: str, limits: tuple[int, int]) -> dict[str, Any]:
    """`limits`: the pixels of any picture, and of one that is decoded here."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # the limit below applies, with a readable message
    Image.init()
    known = [name for name in FORMATS if name in Image.OPEN]
    try:
        with Image.open(source, formats=known) as picture:
            width, height = picture.size
            pixels, at_once = limits
            if width * height > pixels:
                raise PictureRefused(f"That picture is too large: {width} x {height} pixels")
            if at_once < pixels and (width * height > at_once or is_animation(picture)):
                return {"large": True}
            limit(pixels if is_animation(picture) else width * height, pixels)
            return remake(picture, target, small, pixels)
    except PictureRefused:
        raise
    except MemoryError:
        raise PictureRefused("That picture takes too much memory") from None
    except Exception:  # a decoder may raise anything
        raise PictureRefused("That picture cannot be read") from None


def is_animation(picture: Any) -> bool:
    return bool(getattr(picture, "is_animated", False)) and picture.format != "MPO"


def remake(picture: Any, target: str, small: str, pixels: int) -> dict[str, Any]:
    wanted = FORMATS[picture.format]
    if is_animation(picture):
        first = animation(picture, target, wanted, pixels)
        width, height = first.size
        thumbnail(first, small)
        return {"format": wanted, "width": width, "height": height, "small": True}
    still = upright(picture)
    width, height = still.size
    save(still, target, wanted)
    is_small = width > SMALL[0] or height > SMALL[1]
    if is_small:
        thumbnail(still, small)
    return {"format": wanted, "width": width, "height": height, "small": is_small}


def upright(picture: Any) -> Any:
    """The pixels only: rotated as the camera was held, converted to sRGB."""
    from PIL import ImageOps

    profile = picture.info.get("icc_profile")
    picture.load()
    ImageOps.exif_transpose(picture, in_place=True)
    if picture.mode == "P":
        clear = "transparency" in picture.info
        picture = picture.convert("RGBA" if clear else "RGB")
    elif picture.mode in ("I", "F", "I;16", "I;16B", "I;16L"):
        picture = picture.point(lambda value: value * (1 / 256)).convert("L")
    if profile:
        picture = in_srgb(picture, profile)
    if picture.mode not in ("1", "L", "LA", "RGB", "RGBA"):
        picture = picture.convert("RGBA" if "A" in picture.mode else "RGB")
    return picture


def in_srgb(picture: Any, profile: bytes) -> Any:
    """Convert to sRGB: without its profile a picture would look paler."""
    try:
        from PIL import ImageCms

        space = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = "RGBA" if picture.mode in ("LA", "RGBA") else "RGB"
        return ImageCms.profileToProfile(
            picture, space, ImageCms.createProfile("sRGB"), outputMode=mode
        )
    except Exception:
        return picture


def save(picture: Any, target: str, wanted: str) -> None:
    picture.info = {}
    if wanted == "JPEG":
        if picture.mode not in ("L", "RGB"):
            picture = picture.convert("RGB")
        picture.save(target, "JPEG", quality=88, optimize=True, progressive=True)
    elif wanted == "WEBP":
        picture.save(target, "WEBP", quality=88, method=4)
    elif wanted == "GIF":
        picture.save(target, "GIF")
    else:
        picture.save(
            target, "PNG", compress_level=2 if picture.width * picture.height > QUICKLY else 6
        )


def thumbnail(picture: Any, small: str) -> None:
    """Write a thumbnail, and leave the picture as small."""
    skipped = min(picture.width // SMALL[0], picture.height // SMALL[1]) // 4
    if skipped > 1:  # to scale smoothly takes a copy of all pixels
        size = picture.width // skipped, picture.height // skipped
        picture = picture.resize(size, NEAREST)
    picture.thumbnail(SMALL)
    picture.info = {}
    if picture.mode not in ("RGB", "RGBA"):
        picture = picture.convert("RGBA" if "A" in picture.mode else "RGB")
    picture.save(small, "WEBP", quality=78, method=4)


def animation(picture: Any, target: str, wanted: str, pixels: int) -> Any:
    """Save an animation with its frame durations; return the first frame."""
    most = min(MOST_FRAMES, ANIMATION * pixels // max(1, picture.width * picture.height))
    frames: list[Any] = []
    paces: list[int] = []
    while True:
        if len(frames) >= most:
            raise PictureRefused(f"That animation is too long: more than {most} frames")
        picture.load()  # WebP knows the duration of a frame only then
        paces.append(int(picture.info.get("duration", 100)) or 100)
        frame = picture.convert("RGBA") if wanted != "GIF" else picture.copy()
        frame.info = {
            key: value
            for key, value in picture.info.items()
            if key in ("transparency", "background") and wanted == "GIF"
        }
        frames.append(frame)
        try:
            picture.seek(picture.tell() + 1)
        except EOFError:
            break
    options: dict[str, Any] = {"duration": paces, "loop": picture.info.get("loop", 0)}
    if wanted == "GIF":
        options["disposal"] = 2 if any("transparency" in each.info for each in frames) else 1
    elif wanted == "WEBP":
        options |= {"quality": 80, "method": 2}
    frames[0].save(target, wanted, save_all=True, append_images=frames[1:], **options)
    return frames[0].convert("RGBA")


if __name__ == "__main__":
    main(sys.argv[1:])
