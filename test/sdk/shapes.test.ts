// The judge of the shapes itself: it finds what is wrong, and its fixture is what the installed SDK declares.
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { answerProblems, bodyProblems } from '../support/sdk-shapes.ts';

const flow = { id: '1', name: 'a flow', active: true, division: { id: 'd' } };

it('takes what is declared', () => {
  expect(answerProblems('ArchitectApi.getFlow', flow)).toEqual([]);
  expect(answerProblems('ConversationsApi.patchConversationParticipantAttributes', '')).toEqual([]);
});

it.each([
  ['an undeclared field', { ...flow, inputDefinitions: [] }, 'inputDefinitions: not a field of Flow'],
  ['an undeclared field deep down', { ...flow, division: { area: 'x' } }, 'division.area: not a field of'],
  ['a wrong type', { ...flow, active: 'yes' }, 'active: string instead of boolean'],
  ['a list that is none', { ...flow, supportedLanguages: {} }, 'supportedLanguages: not a list'],
  ['a required field that is missing', { id: '1' }, 'name: required by Flow'],
  ['a part that the fixture does not describe', { ...flow, nluInfo: {} }, 'NluInfo is not in the fixture'],
])('finds %s', (_, body, problem) => {
  expect(answerProblems('ArchitectApi.getFlow', body)).toEqual([expect.stringContaining(problem)]);
});

it('finds values of a map, times and answers where there are none', () => {
  expect(bodyProblems('ParticipantAttributes', { attributes: { age: 41 } })).toHaveLength(1);
  expect(bodyProblems('Channel', { expires: 'tomorrow' })).toEqual(['Channel.expires: not an ISO time']);
  expect(answerProblems('ConversationsApi.patchConversationParticipantAttributes', {})).toHaveLength(1);
  expect(answerProblems('ConversationsApi.patchConversation', {})).toHaveLength(1);
});

it('has the fixture of the installed SDK', () => {
  const check = spawnSync(process.execPath, ['test/support/make-sdk-shapes.mjs', '--check'], { encoding: 'utf8' });
  expect(check.stderr).toBe('');
  expect(check.status).toBe(0);
});
