/** The order of test files: what takes long begins first, so that no processor waits for the last one. */
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files of more than 15 s, longest first: a first run knows no durations. One that is missing here costs time only. */
const LONG = [
  'test/e2e/survive-silence.test.ts',
  'test/e2e/foreign-go.test.ts',
  'test/e2e/foreign-python.test.ts',
  'test/page/weight.test.ts',
  'test/e2e/survive-bus.test.ts',
  'test/page/axe-light.test.ts',
  'test/page/axe-dark.test.ts',
  'test/page/thousand.test.ts',
  'test/page/accessibility.test.ts',
  'test/e2e/kubernetes.test.ts',
  'test/page/live.test.ts',
  'test/e2e/hostile-load.test.ts',
  'test/e2e/hostile.test.ts',
  'services/detector/flood-restarts.test.ts',
  'services/detector/flood.test.ts',
  'services/k8s-exporter/node-conditions.test.ts',
  'services/k8s-exporter/service.test.ts',
  'services/detector/service.test.ts',
  'test/e2e/up.test.ts',
  'libs/config/hostile.test.ts',
  'test/e2e/kill.test.ts',
  'test/e2e/acknowledged.test.ts',
  'test/page/scenes.test.ts',
  'libs/monitor-kit/conformance.test.ts',
  'libs/bus/full-disk.test.ts',
]

/** Place of a file in the order; all that are not named come after those that are. */
function placeOf({ moduleId }: TestSpecification): number {
  const place = LONG.findIndex((name) => moduleId.endsWith(`/${name}`))
  return place === -1 ? LONG.length : place
}

/** Groups one after the other; within one the long files of all its projects first, then vitest's own order. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const groupOf = ({ project }: TestSpecification): number => project.config.sequence.groupOrder
    return sorted.toSorted((a, b) => groupOf(a) - groupOf(b) || placeOf(a) - placeOf(b))
  }
}
