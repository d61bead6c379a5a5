"""Runs in the scratch environment that holds otdf-python: opens or seals one container with keys at hand, no service.

open PRIVATE_PEM CONTAINER OUTPUT                     what its reader makes of a container of relto's
seal PUBLIC_PEM KID URL ATTRIBUTE DOCUMENT OUTPUT     a container as it writes them
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path


def main(verb: str, key: Path, *rest: str) -> None:
    tdf = import_module("otdf_python.tdf")
    config = import_module("otdf_python.config")
    pem = key.read_text("ascii")
    if verb == "open":
        container, output = map(Path, rest)
        found = tdf.TDF().load_tdf(container.read_bytes(), tdf.TDFReaderConfig(kas_private_key=pem))
        output.write_bytes(found.payload)
        return
    kid, url, attribute, document, output_name = rest
    service = config.KASInfo(url=url, public_key=pem, kid=kid, default=True)
    wanted = config.TDFConfig(attributes=[attribute], kas_info_list=[service], default_segment_size=1 << 20)
    with Path(output_name).open("wb") as out:
        _, _, stream = tdf.TDF().create_tdf(Path(document).read_bytes(), wanted)
        out.write(stream.getvalue())


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
