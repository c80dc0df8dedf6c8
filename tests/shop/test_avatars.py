"""Pictures that customers send: made small and bare, or refused."""

import struct
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from shop.models import Customer
from shop.services.accounts import change_avatar
from tests.shop.builders import a_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

NOT_A_PICTURE = "This is not a picture we can read."
TOO_LARGE = "This picture is too large"


@pytest.fixture
def media(tmp_path: Path, settings: Settings) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def alice(client: Client, media: Path) -> Customer:
    customer = a_customer("alice")
    client.force_login(customer)
    return customer


def a_picture(kind: str = "PNG", size: tuple[int, int] = (300, 500), **options: object) -> bytes:
    file = BytesIO()
    Image.new("RGB", size, "tomato").save(file, kind, **options)
    return file.getvalue()


def a_png_that_claims(width: int, height: int) -> bytes:
    """A few bytes that unpack to as many pixels as the header says."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


def send(client: Client, content: bytes, name: str = "me.png", kind: str = "image/png") -> str:
    upload = SimpleUploadedFile(name, content, kind)
    return client.post("/account/avatar/", {"avatar": upload}, follow=True).content.decode()


def stored(media: Path) -> list[Path]:
    return sorted(media.rglob("*.*"))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_becomes_a_small_square_webp_under_a_name_of_ours(
    client: Client, alice: Customer, media: Path, kind: str
) -> None:
    assert "Your picture is changed." in send(client, a_picture(kind), name="../../me.html", kind="text/html")
    alice.refresh_from_db()
    [file] = stored(media)
    assert file == media / str(alice.avatar)
    assert file.parent == media / "avatars"
    assert file.suffix == ".webp"
    with Image.open(file) as picture:
        assert (picture.format, picture.size) == ("WEBP", (256, 256))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK"])
def test_a_picture_of_any_colours_is_read(client: Client, alice: Customer, media: Path, mode: str) -> None:
    file = BytesIO()
    Image.new("RGB", (300, 300), "tomato").convert(mode).save(file, "JPEG" if mode == "CMYK" else "PNG")
    assert "Your picture is changed." in send(client, file.getvalue())


def test_metadata_and_what_hides_behind_the_pixels_do_not_get_through(
    client: Client, alice: Customer, media: Path
) -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    content = a_picture("JPEG", exif=exif, comment=b"a secret", icc_profile=b"a profile" * 20)
    send(client, content + b"<script>alert(1)</script><?php system('id'); ?>")
    [file] = stored(media)
    encoded = file.read_bytes()
    for word in (b"taken at home", b"a secret", b"a profile", b"script", b"php", b"EXIF", b"ICCP"):
        assert word not in encoded


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_taken_sideways_is_turned_upright(
    client: Client, alice: Customer, media: Path, kind: str
) -> None:
    sideways = Image.new("RGB", (200, 200), "white")
    sideways.paste("black", (0, 0, 100, 200))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise: the left becomes the top
    file = BytesIO()
    sideways.save(file, kind, exif=exif)
    send(client, file.getvalue())
    with Image.open(stored(media)[0]) as picture:
        top, bottom = picture.convert("L").getpixel((128, 20)), picture.convert("L").getpixel((128, 236))
    assert top == pytest.approx(0, abs=8)
    assert bottom == pytest.approx(255, abs=8)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param(
            b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
            NOT_A_PICTURE,
            id="svg",
        ),
        pytest.param(b"<!doctype html><script>alert(1)</script>", NOT_A_PICTURE, id="html"),
        pytest.param(b"GIF89a/*<script>*/=1;alert(1)//", NOT_A_PICTURE, id="polyglot header"),
        pytest.param(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", NOT_A_PICTURE, id="eps"),
        pytest.param(a_picture("BMP", (9, 9)), NOT_A_PICTURE, id="bmp"),
        pytest.param(a_picture("JPEG", (800, 800), quality=95)[:3000], NOT_A_PICTURE, id="truncated"),
        pytest.param(a_png_that_claims(40, 40), NOT_A_PICTURE, id="no pixels"),
        pytest.param(a_png_that_claims(20_000, 20_000), TOO_LARGE, id="bomb"),
        pytest.param(a_png_that_claims(8_000, 6_000), TOO_LARGE, id="large"),
        pytest.param(a_picture() + b"\0" * 8 * 1024 * 1024, TOO_LARGE, id="heavy"),
        pytest.param(b"", "The submitted file is empty.", id="empty"),
    ],
)
def test_what_is_no_picture_or_too_large_is_refused_whatever_it_is_called(
    client: Client, alice: Customer, media: Path, content: bytes, sentence: str
) -> None:
    assert sentence in send(client, content)
    alice.refresh_from_db()
    assert not alice.avatar
    assert stored(media) == []


def test_the_old_picture_goes_when_the_new_one_is_stored(
    client: Client, alice: Customer, media: Path,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:  # fmt: skip
    send(client, a_picture())
    [first] = stored(media)
    with django_capture_on_commit_callbacks(execute=False) as after_commit:
        send(client, a_picture())
    assert first in stored(media)
    assert len(stored(media)) == 2
    after_commit[0]()
    [second] = stored(media)
    assert second != first
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/account/avatar/remove/")
    assert stored(media) == []
    alice.refresh_from_db()
    assert not alice.avatar


def test_a_picture_that_cannot_be_recorded_leaves_no_file(
    client: Client, alice: Customer, media: Path
) -> None:
    gone = Customer(pk=alice.pk + 1)
    with pytest.raises(Customer.DoesNotExist):
        change_avatar(customer=gone, upload=BytesIO(a_picture()))
    assert stored(media) == []


def test_no_picture_at_all_is_said_so(client: Client, alice: Customer) -> None:
    response = client.post("/account/avatar/", {})
    assert response.status_code == 422
    assert "This field is required." in response.content.decode()
