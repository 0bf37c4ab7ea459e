/** Version, the configuration in force and where each value comes from, and the ways to ask for more. */
import type { NodeView } from '#view'
import { resting, usePage } from '../state/hooks.ts'
import { counted } from '../words/sentences.ts'
import { clockOf } from '../words/times.ts'
import { Code } from './texts.tsx'

interface FootProps {
  readonly node: NodeView['node']
  readonly settings: NodeView['settings']
}

export const Foot = resting(function Foot({ node, settings }: FootProps) {
  const { clock } = usePage()
  const { set, defaults, since } = settings
  return (
    <footer>
      <div class="head grid3">
        <h2>
          Node Doctor <bdi>{node.version}</bdi>
        </h2>
        <p class="links">
          <span>
            <a href="status">/status</a> <span class="quiet">this page as JSON</span>
          </span>{' '}
          <span>
            <a href="events">/events</a>
          </span>{' '}
          <span>
            <a href="remediation/history">/remediation/history</a>
          </span>{' '}
          <span>
            <a href="metrics">/metrics</a> <span class="quiet">for Prometheus</span>
          </span>
        </p>
      </div>
      <div class="head grid3 cfg">
        <h2>Configuration</h2>
        <div>
          <p class="quiet">
            {counted(set.length, 'value')} {set.length === 1 ? 'is' : 'are'} set, {defaults}{' '}
            {defaults === 1 ? 'is' : 'are'} at {defaults === 1 ? 'its default' : 'their defaults'}. In force since{' '}
            {clockOf(since, clock.now())}.
          </p>
          {set.length === 0 ? null : (
            <table class="list">
              <thead class="vh">
                <tr>
                  <th scope="col">Setting</th>
                  <th scope="col">Value</th>
                  <th scope="col">Comes from</th>
                </tr>
              </thead>
              <tbody>
                {set.map(({ key, value, origin }) => (
                  <tr key={key}>
                    <th scope="row">
                      <Code text={key} />
                    </th>
                    <td>
                      <bdi>{value}</bdi>
                    </td>
                    <td class="quiet">
                      <bdi>{origin}</bdi>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </div>
      </div>
    </footer>
  )
})
