/** `network-sysctl`: does the kernel forward what it has to, is what is expected of it so? */
import { defineNetworkCheck } from '../../network-check.ts'
import type { Config } from './config.ts'
import { evaluateSysctls } from './evaluate.ts'
import { createSysctlSource } from './source.ts'

export const sysctl = defineNetworkCheck<Config>({
  type: 'network-sysctl',
  description: 'Forwarding where pods have a network of their own, and what else is expected of sysctls of the network',
  intervalMs: 60_000,
  timeoutMs: 10_000,
  conditions: [
    {
      type: 'SysctlWrong',
      description:
        'A sysctl of the network is not what it has to be. Without pods that have a network of their own, and with nothing expected, none is reported',
      label: '{entity} wrong',
      healthyReason: 'AsExpected',
      healthyMessage: 'as it has to be',
      recovery: { kind: 'healthy-checks', count: 1 },
      recoveryText: 'a check finds the value that it has to have',
      source:
        '/proc/sys/net: ipv4/ip_forward and ipv6/conf/all/forwarding where pods run (forwarding), bridge/bridge-nf-call-* (checkBridgeNetfilter), and what is named (expect)',
      warning: 'another value than is named, or no such sysctl',
      critical: 'forwarding is off where pods need it',
      sustained: 'at once',
    },
  ],
  create({ host }) {
    const read = createSysctlSource(host)
    return async ({ config }) => evaluateSysctls(await read(config))
  },
})
