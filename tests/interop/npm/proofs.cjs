// Checks relto's inclusion proofs with the Merkle code of npm's @sigstore/verify (a deep import, so its version is
// pinned). One JSON case a line on standard input; answers "accepted" or "refused" for each.
"use strict";
const path = require("node:path");
const readline = require("node:readline");

const folder = path.dirname(require.resolve("@sigstore/verify/package.json", { paths: [process.argv[2]] }));
const { verifyMerkleInclusion } = require(path.join(folder, "dist", "tlog", "merkle.js"));

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const it = JSON.parse(line);
  const bytes = (text) => Buffer.from(text, "base64");
  try {
    verifyMerkleInclusion(
      { inclusionProof: { logIndex: String(it.index), hashes: it.path.map(bytes) }, canonicalizedBody: bytes(it.entry) },
      { logSize: String(it.size), logHash: bytes(it.root) },
    );
    console.log("accepted");
  } catch (error) {
    if (error.name !== "VerificationError") throw error;
    console.log("refused");
  }
});
