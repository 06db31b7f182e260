/** What far ends, media, hints and supervisors' legs do to a record: real calls, each with the record it must leave. */
import t from 'tap';
import { farEnds } from '../support/call-far-ends.ts';
import { playScenarios } from '../support/call-stage.ts';

await playScenarios(t, 'calls-far-ends', farEnds);
