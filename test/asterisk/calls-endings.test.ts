/** Every reason a PBX can produce, with real calls; compared with the phones and with the PBX's own journal. */
import t from 'tap';
import { endings } from '../support/call-scenarios.ts';
import { playScenarios } from '../support/call-stage.ts';

await playScenarios(t, 'calls-endings', endings);
