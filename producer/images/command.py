"""`sluice load images SOURCE`: arguments, connections, and the run of the load or the dry run."""

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING

from producer.images.image_location import IMAGE_SOURCES, locate_images
from producer.images.selection_arguments import add_selection_arguments, read_selection
from producer.kafka.connection import ProducerEndpoints
from producer.kafka.delivery import Delivery
from producer.kafka.topic import TopicAdmin
from producer.runtime.terminal import Console
from producer.shared.load_command import (
    STATUSES,
    Subparsers,
    add_shared_arguments,
    choose_rejects_file,
    remove_old_rejects,
    watch_load,
)
from producer.shared.load_progress import LoadProgress, describe_bytes, describe_dry_run
from producer.shared.rejects_file import IMAGES

if TYPE_CHECKING:
    from producer.images.dry_run import DryRunReport
    from producer.images.load import ImageLoadOptions
    from producer.images.load_report import ImageLoadReport

_DESCRIPTION = """\
Load the images of a source into Kafka, each as the bytes of its file, under the key <session>/<camera>/<utime>.
An image is acknowledged by the broker, left out by an option, or written to the rejects file with the reason; the
counts add up, or the exit status says so. Loading images again changes nothing.

SOURCE is a folder (a session's, one inside it, or one of several sessions), or a tar archive, compressed (.gz, .bz2,
.xz) or not: a file, a pipe, - for standard input, or an http(s):// or gs:// URL; nclt:DATE/lb3, or nclt:DATE, are the
images of a session of the NCLT data set. An archive is read as a stream and never extracted to disk. The session is the
date in an image's path, or else the source's name; the camera is the file's folder; the utime is the file's name."""


def add_images_arguments(kinds: Subparsers) -> None:
    """Add `images SOURCE` with its options to the kinds of sources."""
    images = kinds.add_parser(
        "images",
        help="the images of a folder or an archive (NCLT's <date>_lb3.tar.gz)",
        description=_DESCRIPTION,
        epilog=f"{STATUSES}; incomplete also if the default of --max-bytes was reached",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    images.add_argument("source", metavar="SOURCE", help=IMAGE_SOURCES)
    add_selection_arguments(images)
    images.add_argument(
        "--dry-run",
        action="store_true",
        help="send nothing, without Kafka: report images, bytes, and whether Redis has room for them",
    )
    add_shared_arguments(images, unit="images")
    images.set_defaults(load=load_images)


def load_images(
    args: argparse.Namespace, *, env: Mapping[str, str], errors: Console
) -> "ImageLoadReport | DryRunReport":
    """Load the images of the source that `args` names, or only check them for --dry-run; progress goes to `errors`.

    Raises SluiceError where it cannot begin.
    """
    # Imported late: Pillow takes a while, which --help and a load of rows need not wait for.
    from producer.images.load import ImageLoadOptions  # noqa: PLC0415

    options = ImageLoadOptions(
        tombstones=args.tombstones, max_rejects=args.max_rejects, size_was_chosen=args.max_bytes is not None
    )
    if args.dry_run:
        return _dry_run(args, env=env, options=options, errors=errors)
    return _load(args, env=env, options=options, errors=errors)


def _dry_run(
    args: argparse.Namespace, *, env: Mapping[str, str], options: "ImageLoadOptions", errors: Console
) -> "DryRunReport":
    from producer.images.dry_run import dry_run  # noqa: PLC0415
    from producer.images.open_images import open_images  # noqa: PLC0415

    with (
        open_images(args.source, env=env, selection=read_selection(args)) as source,
        LoadProgress(errors, name=source.name, size=source.size, describe=describe_dry_run) as progress,
    ):
        return dry_run(
            source,
            options=options,
            env=env,
            tick=lambda size: progress.update(amount=size, position=source.position()),
        )


def _load(
    args: argparse.Namespace, *, env: Mapping[str, str], options: "ImageLoadOptions", errors: Console
) -> "ImageLoadReport":
    from producer.images.load import TOPIC, ImageLoad, tuning  # noqa: PLC0415
    from producer.images.open_images import open_images  # noqa: PLC0415

    settings = ProducerEndpoints.from_env(env).producer.client_settings()
    rejects = choose_rejects_file(args, locate_images(args.source, env=env).base_name, columns=IMAGES, env=env)
    with rejects as file:
        topic = TopicAdmin(settings, topic=TOPIC)
        topic.wait(report=lambda sentence: errors.print(sentence, soft_wrap=True))
        largest = topic.max_message_bytes()
        with (
            Delivery(settings, topic=TOPIC, patience=args.wait, tuning=tuning(largest)) as delivery,
            open_images(args.source, env=env, selection=read_selection(args), max_message_bytes=largest) as source,
            watch_load(
                errors,
                name=source.name,
                size=source.size,
                position=source.position,
                delivery=delivery,
                amount=lambda: delivery.acknowledged_bytes,
                describe=describe_bytes,
            ) as tick,
        ):
            report = ImageLoad(source, delivery=delivery, rejects=file, options=options, tick=tick).run()
        if report.complete:
            remove_old_rejects(file, errors=errors)
    return report
