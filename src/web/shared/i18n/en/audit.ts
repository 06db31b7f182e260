import type { audit as french } from '../fr/audit.ts';

export const audit: typeof french = {
  audit: {
    title: 'Audit log',
    hint: 'Who did what, to whom, and when.',
    csv: 'Export (CSV)',
    empty: 'No entry matches.',
    action: 'Action',
    actor: 'By',
    subject: 'About',
    call: 'Call id',
    notAnId: 'An id looks like 0192f000-0000-7000-8000-000000000000.',
    system: 'System',
    proof: 'Proof',
    openCall: 'See call {{id}}',
    verify: 'Verify the log',
    intact: 'The log is intact: no entry was changed, removed, inserted or moved.',
    notIntact_one: '{{count}} thing is wrong with the log.',
    notIntact_many: '{{count}} things are wrong with the log.',
    notIntact_other: '{{count}} things are wrong with the log.',
    looked: '{{database}} entries read in the database, {{local}} on this server’s disk, {{at}}.',
    notYetCopied_one: '{{count}} entry is on its way to the database.',
    notYetCopied_many: '{{count}} entries are on their way to the database.',
    notYetCopied_other: '{{count}} entries are on their way to the database.',
    moreFaults_one: 'And {{count}} more.',
    moreFaults_many: 'And {{count}} more.',
    moreFaults_other: 'And {{count}} more.',
    faultsLabel: 'What is wrong',
    number: 'no. {{sequence}}',
    numbers: 'no. {{sequence}} to {{toSequence}}',
    chain: 'Chain {{chain}}',
    columns: {
      at: 'Date',
      actor: 'By',
      action: 'Action',
      subject: 'About',
      details: 'Details',
      call: 'Call',
    },
    where: {
      database: 'database',
      local: 'this server’s disk',
    },
    faults: {
      changed: 'Entry changed',
      missing: 'Entry missing',
      inserted: 'Entry inserted',
      moved: 'Entry moved',
      'reason-changed': 'Reason changed',
      checkpoint: 'Checkpoint not valid',
      unreadable: 'Entry unreadable',
    },
    actions: {
      supervision: {
        started: 'Supervision started',
        'mode-changed': 'Supervision mode changed',
        'call-taken-up': 'Call taken up by the supervision',
        'call-left': 'Call left by the supervision',
        paused: 'Supervision paused',
        resumed: 'Supervision resumed',
        'went-on': 'Supervision went on after a question',
        'handed-over': 'Taken-over call handed on',
        ended: 'Supervision ended',
      },
      'outside-listening': {
        began: 'Listening from outside Vigie began',
        ended: 'Listening from outside Vigie ended',
      },
      call: {
        moved: 'Call moved',
        'marked-private': 'Call marked private',
        'private-ended': 'Private call ended',
        objected: 'Caller objected',
        'objection-ended': 'Objection lifted',
      },
      calls: {
        exported: 'Calls exported',
      },
      evaluations: {
        exported: 'Evaluations exported',
      },
      screen: {
        'watch-started': 'Screen watched',
        'watch-ended': 'Screen no longer watched',
      },
      chat: {
        'read-along': 'Conversation read by a third person',
        'ready-made-changed': 'Ready-made messages changed',
      },
      agent: {
        paused: 'Agent paused',
        unpaused: 'Agent unpaused',
        'queue-joined': 'Agent joined a queue',
        'queue-left': 'Agent left a queue',
        'logged-out': 'Agent logged out',
        'help-asked': 'Help asked for',
        'help-taken': 'Help request taken',
        'help-withdrawn': 'Help request withdrawn',
        created: 'Agent created',
        changed: 'Agent changed',
      },
      agents: {
        imported: 'Agents imported',
      },
      team: {
        created: 'Team created',
        renamed: 'Team renamed',
        removed: 'Team removed',
      },
      queue: {
        changed: 'Queue changed',
      },
      'pause-reasons': {
        changed: 'Pause reasons changed',
      },
      'alert-thresholds': {
        changed: 'Alert thresholds changed',
      },
      policy: {
        changed: 'Policy changed',
      },
      retention: {
        purged: 'Data purged',
      },
      evaluation: {
        written: 'Evaluation written',
        changed: 'Evaluation changed',
      },
      'evaluation-grid': {
        changed: 'Evaluation grid changed',
      },
      person: {
        created: 'Login created',
        changed: 'Login changed',
      },
      session: {
        'signed-in': 'Signed in',
        'signed-out': 'Signed out',
      },
      sessions: {
        ended: 'Sessions ended',
      },
      password: {
        changed: 'Password changed',
      },
      audit: {
        exported: 'Audit log exported',
        'chain-started': 'Log started',
        'chain-adopted': 'Older log adopted',
        checkpoint: 'Checkpoint before a purge',
      },
    },
  },
};
