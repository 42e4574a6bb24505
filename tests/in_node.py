"""Ask a figure's module in node: what the page computes, for Python to compare."""

from __future__ import annotations

import base64
import json
import subprocess

from course_build.sphinx import katex_math
from course_lib.widgets._join import JS

_SCRIPT = """
import * as figure from %s;
const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const bytesOf = (value) => {
  const bytes = Buffer.from(value.base64, "base64");
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
};
const given = JSON.parse(Buffer.concat(chunks), (key, value) => (value?.base64 === undefined ? value : bytesOf(value)));
const answer = (() => { %s })();
console.log(JSON.stringify(answer, (key, value) => (ArrayBuffer.isView(value) ? [...value] : value)));
"""


def ask(module: str, body: str, **given):
    """Run `body`, which ends in `return`; `figure` is the module's exports, `given` the keywords; bytes too."""
    text = json.dumps(given, default=lambda value: {"base64": base64.b64encode(value).decode()})
    script = _SCRIPT % (json.dumps((JS / module).as_uri()), body)
    command = [katex_math.node(), "--input-type=module", "--eval", script]
    result = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)
