/**
 * What a script of `custom-script` is told, as one table: who runs it and docs/remediation.md follow it. The names without META, and SOURCE,
 * CONDITION, REASON, SCRIPTPATH and ARGS, are those of Go Node Doctor, and mean what they mean there. Pure.
 */
import type { Act, ProblemSight } from '#model'

/** What one run is of. */
export interface ScriptRun {
  readonly attempt: string
  readonly act: Pick<Act, 'strategy' | 'target' | 'parameters'>
  readonly problem: ProblemSight
}

/** One variable. */
export interface ScriptVariable {
  readonly name: string
  /** In words of people, with an example. */
  readonly what: string
  readonly of: (run: ScriptRun) => string
}

/** "script:/opt/x.sh" */
const pathOf = (target: string): string => target.slice(target.indexOf(':') + 1)
const nameOf = ({ type, entity }: ProblemSight): string => (entity === '' ? type : `${type}/${entity}`)

/** In the order of the page. */
export const SCRIPT_VARIABLES: readonly ScriptVariable[] = [
  {
    name: 'PROBLEM_META_NAME',
    what: 'the problem, as `node-doctor plan` and `reset` take it: `DiskFull/disk:/var`',
    of: ({ problem }) => nameOf(problem),
  },
  {
    name: 'PROBLEM_META_CONDITION',
    what: 'its type: `DiskFull`',
    of: ({ problem }) => problem.type,
  },
  {
    name: 'PROBLEM_META_ENTITY',
    what: 'the thing that has it: `disk:/var`; empty: the node',
    of: ({ problem }) => problem.entity,
  },
  {
    name: 'PROBLEM_META_SUBJECT',
    what: 'what people call that thing, where it has such a name: `GPU 3, H200`; else the entity',
    of: ({ problem }) => problem.subject ?? problem.entity,
  },
  {
    name: 'PROBLEM_SEVERITY',
    what: 'how bad it is: `info`, `warning`, `error` or `critical` (Go Node Doctor: always `Warning`)',
    of: ({ problem }) => problem.severity,
  },
  {
    name: 'PROBLEM_META_REASON',
    what: 'why, in a word: `AboveCriticalLimit`',
    of: ({ problem }) => problem.reason,
  },
  {
    name: 'PROBLEM_MESSAGE',
    what: 'what was found, in words: `96.2 % used`',
    of: ({ problem }) => problem.message,
  },
  {
    name: 'PROBLEM_DETECTED_AT',
    what: 'since when it is open: `2026-05-12T03:10:11.000Z`',
    of: ({ problem }) => problem.opening.opened.toISOString(),
  },
  {
    name: 'PROBLEM_META_SOURCE',
    what: 'the check that sees it, by its name in `monitors`',
    of: ({ problem }) => problem.check,
  },
  {
    name: 'PROBLEM_META_MONITOR',
    what: 'the monitor of that check: `system`',
    of: ({ problem }) => problem.monitor,
  },
  {
    name: 'PROBLEM_META_FINGERPRINT',
    what: 'what tells this problem from all others, the same at each opening',
    of: ({ problem }) => problem.opening.fingerprint,
  },
  {
    name: 'PROBLEM_META_GENERATION',
    what: 'which opening of it this is, from 1 in each boot',
    of: ({ problem }) => String(problem.opening.generation),
  },
  {
    name: 'PROBLEM_META_ATTEMPT',
    what: 'the attempt, as `node-doctor history` names it: `3f2a91c0-17`',
    of: ({ attempt }) => attempt,
  },
  {
    name: 'PROBLEM_TYPE',
    what: 'as in Go Node Doctor the strategy: `custom-script`; **not** the type of the problem',
    of: ({ act }) => act.strategy,
  },
  {
    name: 'PROBLEM_RESOURCE',
    what: 'as in Go Node Doctor the type of the condition: `DiskFull`; **not** the thing that has it',
    of: ({ problem }) => problem.type,
  },
  {
    name: 'PROBLEM_META_SCRIPTPATH',
    what: '`scriptPath`: `/opt/x.sh`',
    of: ({ act }) => pathOf(act.target),
  },
  {
    name: 'PROBLEM_META_ARGS',
    what: '`args`, as JSON: `["now"]`',
    of: ({ act }) => act.parameters['args'] ?? '[]',
  },
]
