/** What vitest's own reports do not have: which tests passed at a second try only, and how long each file took. */
import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import type { Reporter, TestModule } from 'vitest/node'

/** Names the file that {@link RunReporter} writes. */
export const RUN_REPORT_VARIABLE = 'NODE_DOCTOR_RUN_REPORT'

export interface RunReport {
  /** `file: name of the test`. */
  readonly secondTries: readonly string[]
  readonly files: readonly { readonly project: string; readonly name: string; readonly ms: number }[]
}

/** A reporter of vitest; writes a {@link RunReport} as JSON at the end. */
export default class RunReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const file = process.env[RUN_REPORT_VARIABLE]
    if (file === undefined) return
    const nameOf = ({ moduleId }: TestModule): string => relative(process.cwd(), moduleId)
    const report: RunReport = {
      secondTries: modules.flatMap((module) =>
        [...module.children.allTests()]
          .filter((test) => test.diagnostic()?.flaky === true)
          .map((test) => `${nameOf(module)}: ${test.fullName}`),
      ),
      files: modules.map((module) => ({
        project: module.project.name,
        name: nameOf(module),
        ms: Math.round(module.diagnostic().duration),
      })),
    }
    writeFileSync(file, JSON.stringify(report))
  }
}
