/** Every kind of call a dialplan makes: queues, transfers, pickup, parking, conferences, lines that stay open. */
import t from 'tap';
import { kinds } from '../support/call-scenarios.ts';
import { playScenarios } from '../support/call-stage.ts';

await playScenarios(t, 'calls-kinds', kinds);
