import digits from '../../../../samples/digits.yaml?raw';
import smoke from '../../../../samples/smoke.yaml?raw';
import halving from '../../../../samples/sweeps/halving.yaml?raw';
import rates from '../../../../samples/sweeps/rates.yaml?raw';
import teacher from '../../../../samples/teachers/digits.yaml?raw';
import type { Purpose } from './purpose';

/** The samples that need nothing from the disk of whoever submits them. */
export const templates: { name: string; about: string; purpose: Purpose; text: string }[] = [
  { name: 'smoke', about: 'one run of 20 seconds', purpose: 'experiment', text: smoke },
  { name: 'digits', about: 'one run of two minutes', purpose: 'experiment', text: digits },
  { name: 'rates', about: 'a sweep of nine', purpose: 'experiment', text: rates },
  { name: 'halving', about: 'a sweep that stops trials early', purpose: 'experiment', text: halving },
  { name: 'teacher', about: 'a teacher of the digits', purpose: 'teacher', text: teacher },
].map(template => ({ ...template, text: withoutHead(template.text) }) as (typeof templates)[number]);

/** The comments at the head tell of files and of the command line. */
function withoutHead(text: string): string {
  return text.replace(/^(?:#.*\n)+/, '');
}
