/** What is verified beside the tests, each by a program of its own. */
import { existsSync, globSync } from 'node:fs'
import { join } from 'node:path'

export interface Step {
  readonly name: string
  readonly command: readonly string[]
  /** Programs besides those of package.json; without them the step is skipped, and says so. */
  readonly needs?: string
  /** The step says by ending with {@link SKIPPED} that it cannot be done on this machine. */
  readonly maySkip?: boolean
}

/** What a step ends with that cannot be done on this machine; automake's convention. */
export const SKIPPED = 77

/** Fast and without a machine: what `make check` and `make lint` do before the unit tests. */
export function staticSteps(root: string): Step[] {
  const shell = globSync(['scripts/**/*.sh', 'deploy/**/*.sh', 'test/**/*.sh', '.ci/run'], { cwd: root }).sort()
  return [
    { name: 'format and lint', command: ['biome', 'check', '--error-on-warnings', '.'] },
    // Each file by the tsconfig.json that is next to it: those of the page know a browser, and no Node.
    { name: 'types, and lint with types', command: ['oxlint', '--deny-warnings', '--type-check'] },
    { name: 'import rules', command: ['node', 'scripts/check-imports.ts'] },
    { name: 'protocols', command: ['bash', 'scripts/check-proto.sh'] },
    { name: 'shell scripts', command: ['shellcheck', ...shell], needs: 'shellcheck' },
  ]
}

/** What `make test` does before all tests. */
export function buildSteps(): Step[] {
  return [
    { name: 'generated files are up to date', command: ['node', 'scripts/check-generated.ts'] },
    { name: 'build', command: ['node', 'scripts/build.ts'] },
  ]
}

/** What `make test` does beside the last tests: it waits for containers most of the time. */
export function engineSteps(root: string): Step[] {
  if (!existsSync(join(root, 'test/compose/run.ts'))) return []
  return [{ name: 'containers (compose-test)', command: ['node', 'test/compose/run.ts'], maySkip: true }]
}
