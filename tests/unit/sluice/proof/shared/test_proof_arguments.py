from argparse import ArgumentParser

from sluice.proof.shared.proof_arguments import add_arguments, format_command


def test_the_command_that_made_a_report_can_be_typed_again_and_shows_no_password():
    parser = ArgumentParser()
    add_arguments(parser)
    typed = "sluice proof http://me:secret@here/a.tar --camera Cam0,Cam5 --every 2 --limit 9 --max-bytes 200 --list 3"
    args = parser.parse_args(typed.split()[2:])
    assert format_command(args, "http://here/a.tar") == typed.replace("me:secret@", "")
