"""`sluice load images SOURCE`: its arguments, and a load or a dry run as they say."""

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.console import Console

from producer.images.image_location import IMAGE_SOURCES, locate_images
from producer.images.selection_arguments import add_selection_arguments, selection
from producer.kafka.connection import ProducerEndpoints
from producer.kafka.delivery import Delivery
from producer.kafka.topic import TopicAdmin
from producer.shared.interrupts import Interrupts
from producer.shared.load_options import STATUSES, add_common_options, reject_file
from producer.shared.load_progress import LoadProgress, bytes_done, bytes_read
from producer.shared.rejects_file import IMAGES, RejectFile

if TYPE_CHECKING:
    from producer.images.dry_run import DryReport
    from producer.images.image_source import ImageSource
    from producer.images.load import ImageOptions
    from producer.images.load_report import ImageReport

_DESCRIPTION = """\
Load the images of a source into Kafka, each as the bytes of its file, under the key <session>/<camera>/<utime>.
An image is acknowledged by the broker, left out by an option, or written to the rejects file with the reason; the
counts add up, or the exit status says so. Loading images again changes nothing.

SOURCE is a folder (a session's, one inside it, or one of several sessions), or a tar archive, packed (.gz, .bz2, .xz)
or not, as a file or a pipe, - for standard input, or an http(s):// or gs:// URL; nclt:DATE/lb3, or nclt:DATE, are the
images of a session of the NCLT data set. An archive is read as a stream and never unpacked to disk. The session is
the date in an image's path, or else the source's own name; the camera is the folder it is in; its name is the utime."""


def add_images(
    kinds: "argparse._SubParsersAction[argparse.ArgumentParser]",  # pyright: ignore[reportPrivateUsage]
) -> None:
    """Add `images SOURCE` with its options."""
    images = kinds.add_parser(
        "images",
        help="the images of a folder or an archive (NCLT's <date>_lb3.tar.gz)",
        description=_DESCRIPTION,
        epilog=f"{STATUSES}; incomplete also if the limit that holds without --max-bytes was reached",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    images.add_argument("source", metavar="SOURCE", help=IMAGE_SOURCES)
    add_selection_arguments(images)
    images.add_argument(
        "--dry-run",
        action="store_true",
        help="send nothing and need no Kafka: say how many images and bytes there are and what Redis has room for",
    )
    add_common_options(images, things="images")
    images.set_defaults(load=load_images)


def load_images(args: argparse.Namespace, *, env: Mapping[str, str], errors: Console) -> "ImageReport | DryReport":
    """Load the images of one source, or go through them for a dry run."""
    # Pillow takes a while to import: not for --help, nor for a log.
    from producer.images.load import ImageOptions  # noqa: PLC0415

    options = ImageOptions(
        tombstones=args.tombstones, max_rejects=args.max_rejects, size_was_chosen=args.max_bytes is not None
    )
    if args.dry_run:
        return _dry_run(args, env=env, options=options, errors=errors)
    return _load(args, env=env, options=options, errors=errors)


def _dry_run(
    args: argparse.Namespace, *, env: Mapping[str, str], options: "ImageOptions", errors: Console
) -> "DryReport":
    from producer.images.dry_run import dry_run  # noqa: PLC0415
    from producer.images.open_source import open_images  # noqa: PLC0415

    with (
        open_images(args.source, env=env, selection=selection(args)) as source,
        LoadProgress(errors, name=source.name, size=source.size, done=bytes_read) as progress,
    ):
        return dry_run(
            source,
            options=options,
            env=env,
            tick=lambda size: progress.update(amount=size, position=source.position()),
        )


def _load(
    args: argparse.Namespace, *, env: Mapping[str, str], options: "ImageOptions", errors: Console
) -> "ImageReport":
    from producer.images.load import TOPIC, tuning  # noqa: PLC0415
    from producer.images.open_source import open_images  # noqa: PLC0415

    endpoints = ProducerEndpoints.from_env(env)
    location = locate_images(args.source, env=env)
    settings = endpoints.producer.client_settings()
    with reject_file(args, location.base_name, columns=IMAGES, env=env) as file:
        topic = TopicAdmin(settings, topic=TOPIC)
        topic.wait()
        largest = topic.max_message_bytes()
        with (
            Delivery(settings, topic=TOPIC, patience=args.wait, tuning=tuning(largest)) as delivery,
            open_images(args.source, env=env, selection=selection(args), max_message_bytes=largest) as source,
        ):
            report = _watched(source, delivery, rejects=file, options=options, errors=errors)
        if report.complete and (trouble := file.remove_old()):
            errors.print(trouble, markup=False, highlight=False, soft_wrap=True)
    return report


def _watched(
    source: "ImageSource", delivery: Delivery, *, rejects: RejectFile, options: "ImageOptions", errors: Console
) -> "ImageReport":
    """Load with progress on standard error, heeding Ctrl-C."""
    from producer.images.load import ImageLoad  # noqa: PLC0415

    with (
        LoadProgress(errors, name=source.name, size=source.size, done=bytes_done) as progress,
        Interrupts(say=lambda text: errors.print(text, highlight=False)) as interrupts,
    ):

        def tick() -> None:
            interrupts.check()
            progress.update(amount=delivery.acknowledged_bytes, position=source.position(), note=delivery.note)

        return ImageLoad(source, delivery=delivery, rejects=rejects, options=options, tick=tick).run()
