import { expect, test } from 'vitest';
import type { ArtifactRef, RunUpdate, TrialDocument } from '../../api/types';
import { stripsOf } from '../../api/strips';
import { nodePictures, otherNoise, walkOf } from './walk';

const artifacts = (...names: string[]) =>
  Object.fromEntries(names.map(name => [name, { name, content: { digest: name, length: 1 }, step: 0 } satisfies ArtifactRef]));

const trial = (run: Partial<TrialDocument['run']>): TrialDocument =>
  ({
    id: 'digits-1/0000',
    spec: '{"seed":7}',
    run: { status: 'running', checkpoints: [], switches: [], artifacts: {}, steps: 30, ...run },
  }) as unknown as TrialDocument;

const switches = [
  { step: 8, from: 2, to: 1, gap: null },
  { step: 16, from: 1, to: 0, gap: null },
] as unknown as TrialDocument['run']['switches'];

test('strips are in the order of their steps, and nothing else is one', () => {
  expect(stripsOf(artifacts('strips/0000016.png', 'samples.png', 'strips/0000008.png')).map(strip => strip.step)).toEqual([8, 16]);
});

test('pictures of nodes are found by the number of the node', () => {
  expect([...nodePictures(artifacts('nodes/0002.png', 'nodes/0010.png', 'other/0001.png')).keys()]).toEqual([2, 10]);
});

test('a run says where it draws other noise than the nodes', () => {
  const walk = walkOf(trial({ status: 'pending' }), 4);
  const specs = ['{"seed":7,"recording":{}}', '{"seed":7,"recording":{"seed":0}}', '{"seed":7,"recording":{},"student":{"decoder":{}}}'];
  expect(specs.map(spec => otherNoise(walk, spec))).toEqual([undefined, 'draws the noise of its own seed, 7', 'draws noise of another shape']);
});

test('a complete run stops at each node, with what it drew there', () => {
  const walk = walkOf(
    trial({ status: 'completed', switches, artifacts: artifacts('strips/0000000.png', 'strips/0000008.png', 'strips/0000016.png', 'strips/0000030.png') }),
    4,
  );
  expect(walk.target).toBe(0);
  expect(walk.stops.map(({ node, step, what, picture }) => [node, step, what, picture])).toEqual([
    [3, 0, 'start', 'strips/0000000.png'],
    [2, 8, 'switch', 'strips/0000008.png'],
    [1, 16, 'switch', 'strips/0000016.png'],
    [0, 30, 'end', 'strips/0000030.png'],
  ]);
});

test('a strip belongs to the switch before it, not to an earlier one', () => {
  const walk = walkOf(trial({ switches, artifacts: artifacts('strips/0000000.png', 'strips/0000016.png') }), 4);
  expect(walk.stops.map(stop => stop.picture)).toEqual(['strips/0000000.png', undefined, 'strips/0000016.png']);
});

test('a run that trains is where its newest update says', () => {
  const update = { status: 'running', progress: { target_index: 1, step: 12, steps: 40 } } as unknown as RunUpdate;
  expect(walkOf(trial({ switches: switches.slice(0, 1) }), 4, update)).toMatchObject({ target: 1, step: 12, steps: 40 });
});

test('a run that rests is where its newest checkpoint is', () => {
  const checkpoints = [{ step: 10, target_index: 1 }] as unknown as TrialDocument['run']['checkpoints'];
  expect(walkOf(trial({ status: 'paused', checkpoints }), 4)).toMatchObject({ target: 1, step: 10 });
});

test('a run that has not set out is nowhere', () => {
  expect(walkOf(trial({ status: 'pending' }), 4)).toMatchObject({ target: undefined, stops: [] });
});
