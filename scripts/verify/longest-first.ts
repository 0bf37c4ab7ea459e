/** The order of test files: what takes long begins first, so that no processor waits for the last one. */
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files of more than about 10 s, longest first in each group: a first run knows no durations. One that is missing here costs time only. */
const LONG = [
  'test/e2e/hostile-load.test.ts',
  'test/e2e/up.test.ts',
  'test/docs/extending.test.ts',
  'test/e2e/strained-checks.test.ts',
  'test/docs/commands.test.ts',
  'test/e2e/kubernetes.test.ts',
  'test/e2e/repairs.test.ts',
  'test/e2e/word.test.ts',
  'test/e2e/dev.test.ts',
  'test/e2e/network-problem.test.ts',
  'test/e2e/log-kill.test.ts',
  'test/e2e/survive.test.ts',
  'test/e2e/plugins.test.ts',
  'test/e2e/hostile.test.ts',
  'test/e2e/npd-files.test.ts',
  'test/deploy/chart.test.ts',
  'test/e2e/npd.test.ts',
  'test/e2e/log-stopped.test.ts',
  'test/plugins/kit.test.ts',
  'test/e2e/log-clock.test.ts',
  'test/e2e/survive-silence.test.ts',
  'test/e2e/kill.test.ts',
  'test/e2e/survive-bus.test.ts',
  'test/e2e/acknowledged.test.ts',
  'test/e2e/fuzz.test.ts',
  'test/e2e/skeleton.test.ts',
  'test/e2e/survive-clock.test.ts',
  'test/deploy/file-components.test.ts',
  'test/e2e/network-chain.test.ts',
  'test/deploy/prometheus.test.ts',
  'test/e2e/versions.test.ts',
  'test/deploy/gpu.test.ts',
  'test/deploy/service-table.test.ts',
  'test/kube/fake.test.ts',
  'test/page/axe.test.ts',
  'test/page/scenes.test.ts',
  'test/page/live.test.ts',
  'test/page/accessibility.test.ts',
  'test/page/weight.test.ts',
  'test/page/thousand.test.ts',
  'services/monitors/contract.test.ts',
  'services/npd/broken-service.test.ts',
  'services/monitors/network/keys.test.ts',
  'libs/host/logs/kernel-journal.test.ts',
  'libs/config/npd/hostile.test.ts',
  'libs/pattern/line-matcher.test.ts',
  'libs/host/files/folder-watch-net.test.ts',
  'services/http-exporter/metrics/metrics.test.ts',
  'libs/view/node.test.ts',
  'libs/rpc/connect.test.ts',
  'libs/config/dialects/go/rows.test.ts',
  'services/k8s-exporter/node-conditions.test.ts',
  'services/k8s-exporter/service.test.ts',
  'libs/config/hostile.test.ts',
  'libs/bus/contract/stream.test.ts',
  'libs/bus/contract/whole.test.ts',
  'libs/config/readers.test.ts',
  'services/monitors/network/checks/gateway/real-gateway.test.ts',
  'services/detector/service.test.ts',
  'libs/host/programs/plugin.test.ts',
  'services/monitors/network/checks/peers/real-peers.test.ts',
  'services/k8s-exporter/npd.test.ts',
  'services/detector/monitors/denied.test.ts',
  'services/http-exporter/hostile.test.ts',
  'libs/monitor-kit/conformance.test.ts',
  'services/detector/monitors/fleet.test.ts',
  'services/monitors/network/checks/dns/real-nameservers.test.ts',
  'libs/bus/full-disk.test.ts',
  'services/monitors/custom-plugin/faults.test.ts',
  'services/http-exporter/service.test.ts',
  'services/monitors/network/real-network.test.ts',
  'libs/probe/ping/ping.test.ts',
  'services/detector/bus-link.test.ts',
  'libs/bus/server.test.ts',
  'libs/bus/consume.test.ts',
  'libs/monitor-kit/package/package.test.ts',
  'libs/service/process.test.ts',
  'services/external-exporter/service.test.ts',
  'services/detector/flood-restarts.test.ts',
  'services/cli/pipe.test.ts',
  'services/monitors/network/checks/cni/real-plugins.test.ts',
  'libs/host/logs/journal/journal.test.ts',
  'libs/service/host-service.test.ts',
  'services/monitors/network/checks/peers/fleet.test.ts',
  'services/detector/follow.test.ts',
  'scripts/exports.test.ts',
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
