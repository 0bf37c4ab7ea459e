/** Keys of `monitors[].config` of a `network-cni` check. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'

export const schema = z
  .strictObject({
    configPath: z
      .string()
      .regex(/^$|^\//)
      .max(4096)
      .default('')
      .describe(
        'The folder with the configuration of CNI, from the root of the host: it has to have one then; "": where the container runtime looks, else /etc/cni/net.d and where k3s and microk8s have theirs',
      ),
    binDirs: z
      .array(z.string().regex(/^\//).max(4096).meta({ what: 'an absolute path', sample: '/opt/cni/bin' }))
      .max(16)
      .default([])
      .describe(
        'Folders with the binaries of plug-ins; none named: those of the container runtime, else /opt/cni/bin and where distributions have them',
      ),
    checkInterfaces: z
      .boolean()
      .default(true)
      .describe('Watch the interfaces of plug-ins (cni0, cilium_host, flannel.1), and those that are expected'),
    expectedInterfaces: z
      .array(z.string().min(1).max(15))
      .max(64)
      .default([])
      .describe('Names of interfaces that have to be there in any case'),
    addressWarningThreshold: z
      .number()
      .min(0)
      .max(100)
      .default(80)
      .describe('Percent of the addresses for pods that are taken from which on that is a warning'),
    addressCriticalThreshold: z
      .number()
      .min(0)
      .max(100)
      .default(95)
      .describe('Percent of the addresses for pods that are taken from which on that is critical'),
    sustainedChecks: z
      .int()
      .min(1)
      .max(100)
      .default(2)
      .describe('Checks in a row before a configuration, a binary or an interface that is missing is a problem'),
    whereReadable: z
      .boolean()
      .default(false)
      .describe(
        'Whether nothing is said of what this process may not read and never could; so it is of the check that everybody has',
      ),
  })
  .meta({ order: [['addressWarningThreshold', 'addressCriticalThreshold']] })

export type Config = z.infer<typeof schema>
