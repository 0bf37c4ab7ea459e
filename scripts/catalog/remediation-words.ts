/** What docs/remediation.md says in sentences: its words, what counts, breakers, and what a person may say. */
import { code, table } from './markdown.ts'

const GLOSSARY_ROWS = [
  ['look', 'One run of a check, or one report of a plug-in that has no runs, and what it found'],
  [
    'opening',
    'One time that a problem was there, from its beginning to its end. The same problem that comes again is another opening',
  ],
  [
    'proven',
    'After the repair the problem was resolved by its own rule: its check found it well as often as the rule asks, or nobody saw it for as long, or the node was rebooted where that is the rule. The attempt has helped',
  ],
  ['not proven', 'Looks after the repair still found the problem when `verifyWithin` was over. The attempt has failed'],
  [
    'not observed',
    'Nobody saw what came of the repair: its check did not look, or the problem ended without such a proof. The attempt has neither helped nor failed, and the next one waits for a look',
  ],
  ['declined', 'Whoever was to do it did nothing, and says why. That is no failure'],
  ['lost', 'Nobody knows how the act ended: who did it is gone, or did not say. It counts as failed'],
  [
    'held back',
    'A gate lets no repair begin. `plan`, the page and the Events name the gate and why. A **condition** is held back where it is not simply what the last look said, such as one that comes and goes',
  ],
  [
    'exhausted',
    'The attempts of every strategy for the problem are used up. It is left to people, until it was proven healthy for `healthyReset`, or a person resets it',
  ],
] as const

/** What words mean. */
export const GLOSSARY = `## Words

${table(
  ['Word', 'Means'],
  GLOSSARY_ROWS.map(([word, means]) => [`**${word}**`, means]),
)}
`

/** What counts as an attempt, and in what. */
export const COUNTS = `## What counts

An attempt is one beginning of one strategy for one problem. In budgets and cooldowns it counts from its beginning, however it ends.

In \`maxAttempts\` count those that failed, those that were lost or not proven, **and those that were proven**: a repair that helps for some minutes, over
and over, is used up too ("3 of 3"). What was declined or not observed does not count there. Attempts count on in another opening of the same problem. They
count no more once it was proven healthy for \`healthyReset\`, or by \`node-doctor reset\`. A dry run has counts of its own.

Attempts, cooldowns, breakers, budgets and a pause stand in the journal (\`<stateDir>/remediator\`). They stay over restarts and reboots.

**Two breakers** have one threshold, \`circuitBreakerThreshold\` (5):

- That of a repair (gate \`breaker\`) counts failures in a row of one strategy on one target, for one problem. What failed there for other problems counts for a while, too.
- That of the node (gate \`node-breaker\`) counts failures in a row of all repairs of the node, whatever they were for.

Both stay open for \`circuitBreakerTimeout\` (30 min) after the last try, and then let one attempt through. If that is proven, the breaker is closed; if not, its
time begins anew. Every proven attempt closes that of the node.

With the defaults \`maxAttempts\` (3) is less than the threshold (5). So what fails for one problem is used up before its own breaker opens. **Five failures
in a row, of whatever repairs, stop all repairs of the node for 30 min.** \`node-doctor breakers\` says so.
`

const COMMANDS: readonly (readonly [command: string, does: string, exit: string, stays: string])[] = [
  [
    'plan [PROBLEM]',
    'says of each open problem that has a repair what would be done now: each strategy in its turn with its command, its attempts ("1 of 3"), its id, and what each gate says, why, and until when; and of each strategy that is left out for such a problem, why. It consumes nothing',
    '0 something would be done. 1 all is held back, or it is a dry run, or nothing is to be done, or there is no such problem. 3 something that it takes is not known. In a dry run it is never 0',
    '–',
  ],
  [
    'history',
    'tells the records, the last first: attempts with what came of them, what was held back by which gate, breakers, and what people said. `--limit` 1 to 1000, 100 by default',
    '0 told. 1 the journal cannot be used',
    'as long as the journal has room for',
  ],
  [
    'pause',
    'lets no repair begin, with `--reason` (needed), for `--for` or until it is resumed. What runs goes on, and is named. A later pause takes the place of an earlier one',
    '0 paused. 1 it could not be',
    'yes, also a reboot: time in which the machine is off or asleep is not counted',
  ],
  ['resume', 'ends the pause', '0 resumed. 1 it could not be', 'yes'],
  [
    'approve ID',
    'gives leave for one act that waits for it (gate `approval`)',
    '0 approved. 1 there is no such act',
    'restarts yes, a reboot no',
  ],
  [
    'reset PROBLEM',
    'forgets attempts, cooldowns and breakers of the problem, and closes the breaker of the node. Its repair may begin at once. Budgets (`maxRetriesPerHour`, `rebootsPerDay`), `minUptime` and a pause hold on',
    '0 forgotten. 1 nothing was done about it',
    'yes',
  ],
  [
    'reset journal',
    'puts a journal aside that cannot be used, and begins a new one, which knows of no attempt, limit or pause of before',
    '0 put aside. 1 it can be used',
    'yes',
  ],
  [
    'breakers',
    'says whether the journal can be used, which breakers are not closed, what is left of the budgets, who paused, and whether who carries acts out answers',
    '0 nothing holds repairs back as a whole. 1 the journal cannot be used, repairs are paused, a breaker is not closed, or who carries acts out does not answer',
    '–',
  ],
]

/** What a person may say to the remediator. */
export const COMMANDS_OF_PEOPLE = `## A person’s word

Each is a command of \`node-doctor\`, has \`--help\`, and \`-o json\`. With every one 2 is a wrong command line, and 3 no answer. While the journal
cannot be used each of them says so, why, and what ends that. PROBLEM is as \`plan\`, \`history\` and \`breakers\` show it
(\`DiskFull/disk:/var\`), or a fingerprint. In a cluster they are run in the container \`remediator\` ([deploying.md](deploying.md#repairs)); who may do so says
[security.md](security.md#the-one-that-acts).

${table(
  ['Command', 'What it does', 'Exit code', 'Stays'],
  COMMANDS.map(([command, ...rest]) => [code(command), ...rest]),
)}

**An approval** is for one act with these parameters in one opening, and for one attempt. It is over after an hour, with another opening, and with a
reboot. Its id stands in \`plan\`, on the page and in the Event. In a cluster the annotation \`node-doctor.io/approve=ID\` of the node says the same as the command.
The id is made of the opening and the act, so **the next attempt waits under the same id**: approve it again. An annotation that stands is taken once; take it
off and put it there again.

**Who watches the watchers.** \`node_doctor_remediator_up\` is 0 where the remediator is silent, \`node_doctor_remediator_runner_up\` where host-actions, or a
plug-in of \`remediation.actions\`, does not say what it can do when it is asked each 15 s: ended, stopped or wedged. Each has an alert
([deploying.md](deploying.md)), and so have a journal that cannot be used, open breakers, used up attempts, and a pause of 8 hours.
`
