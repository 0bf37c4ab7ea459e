/** Keys of `monitors[].config` of a `kubernetes-certificates` check. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'
import { absolutePath, duration } from '#config/kinds'
import { ADDRESS, auth, metricsURL, PORT } from '../../node-kubelet/config.ts'

const endpoint = z.strictObject({
  address: z
    .string()
    .regex(new RegExp(`^${ADDRESS}:${PORT}$`))
    .meta({ what: 'an IP address and a port', sample: '10.0.0.1:6443' })
    .describe('An address and a port that speaks TLS: `10.0.0.1:6443`; no name is looked up'),
  serverName: z.string().max(253).default('').describe('The name that is told to it (SNI); empty: none'),
})

export const schema = z
  .strictObject({
    checkKubelet: z
      .boolean()
      .default(true)
      .describe('Whether the kubelet’s own are looked at: its files, its port, and what it says of them'),
    checkControlPlane: z
      .boolean()
      .default(true)
      .describe('Whether those of kubeadm in /etc/kubernetes/pki are looked at, where they are'),
    files: z
      .array(absolutePath('/etc/ssl/node.crt'))
      .max(64)
      .default([])
      .describe('Further files with certificates (PEM): the first one of each, and what it is signed by'),
    endpoints: z
      .array(endpoint)
      .max(64)
      .default([])
      .describe('Further servers whose certificates are looked at by a handshake'),
    noticeDays: z
      .number()
      .min(0)
      .max(3650)
      .default(30)
      .describe('Days before its end from which on that is a warning, where noticePercent is reached as well'),
    noticePercent: z
      .number()
      .min(0)
      .max(100)
      .default(8)
      .describe('Percent of its life that are left from which on that is a warning'),
    criticalDays: z
      .number()
      .min(0)
      .max(3650)
      .default(7)
      .describe('The same for critical; the warning limit holds in any case'),
    criticalPercent: z
      .number()
      .min(0)
      .max(100)
      .default(2)
      .describe('Percent of its life that are left from which on that is critical'),
    metricsURL: metricsURL.describe('The kubelet’s secured port'),
    handshakeTimeout: duration({ min: '100ms', max: '1m' })
      .prefault('5s')
      .describe('How long a handshake, or an answer of the kubelet, may take'),
    auth: auth
      .prefault({})
      .describe('Who we are to the kubelet. With none it is not asked what it says of its certificates'),
  })
  .meta({
    order: [
      ['criticalDays', 'noticeDays'],
      ['criticalPercent', 'noticePercent'],
    ],
  })

export type Config = z.infer<typeof schema>
