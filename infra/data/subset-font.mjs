// Cuts the font of DisBack's pictures out of Inter: the characters that captions and charts use, and nothing else.
//
//   node infra/data/subset-font.mjs
//
// Servers often have no fonts, and two machines seldom have the same ones, while pictures should have text everywhere and equal bytes.

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ascii = String.fromCharCode(...Array.from({ length: 95 }, (_, i) => 32 + i));
const characters = ascii + '·×−±≈≤≥→←…–—’“”°²³½αβγδεηλμπρσφΔΣΦ';
const target = join(import.meta.dirname, '../../src/DisBack.Diffusion/Pictures/Font');

const scratch = mkdtempSync(join(tmpdir(), 'font-'));
try {
  execFileSync('npm', ['install', '--silent', '--no-save', '@expo-google-fonts/inter@0.4.2', 'subset-font@2.9.0'], { cwd: scratch });
  const subset = createRequire(join(scratch, 'x.js'))('subset-font');
  const inter = join(scratch, 'node_modules/@expo-google-fonts/inter');
  const font = await subset(readFileSync(join(inter, '400Regular/Inter_400Regular.ttf')), characters, { targetFormat: 'truetype' });
  writeFileSync(join(target, 'Inter-subset.ttf'), font);
  copyFileSync(join(inter, 'LICENSE_FONT'), join(target, 'LICENSE'));
  console.log(`Inter-subset.ttf: ${characters.length} characters, ${font.length} bytes`);
} finally {
  rmSync(scratch, { recursive: true });
}
