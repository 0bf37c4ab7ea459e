/** What was done about a problem, or holds that back; with what an act wrote, and its figures of before and after. */
import { type AttemptView, type ProblemView, type RepairView, renderQuantity } from '#view'
import { usePage } from '../state/hooks.ts'
import { clockOf } from '../words/times.ts'
import { Message, Sentence } from './texts.tsx'

function At({ at }: { readonly at: string }) {
  const { clock } = usePage()
  return (
    <time dateTime={at} title={at}>
      {clockOf(at, clock.now())}
    </time>
  )
}

function Figures({ figures }: Pick<AttemptView, 'figures'>) {
  return (
    <>
      {figures.map(({ what, before, after, unit }) => (
        <p class="small" key={what}>
          <bdi>{what}</bdi>: <bdi>{renderQuantity(before, unit)}</bdi> before, <bdi>{renderQuantity(after, unit)}</bdi>{' '}
          after
        </p>
      ))}
    </>
  )
}

/** Folded away: it is read once somebody asks. */
function Detail({ attempt }: { readonly attempt: AttemptView }) {
  const { text, started, ended, exitCode, output, isOutputCut, steps } = attempt
  return (
    <details class="did">
      <summary class="small">What it did</summary>
      <p class="small">
        <bdi>{text}</bdi>
      </p>
      <p class="small">
        Begun <At at={started} />
        {ended === undefined ? null : (
          <>
            , ended <At at={ended} />
          </>
        )}
        {exitCode === undefined ? null : `, exit code ${exitCode}`}
      </p>
      {steps.map(({ at, step, detail }) => (
        <p class="small" key={`${at} ${step}`}>
          <At at={at} /> <bdi>{step}</bdi> <bdi>{detail}</bdi>
        </p>
      ))}
      {output === '' ? <p class="small">It wrote nothing.</p> : <Message text={`${output}\n`} />}
      {isOutputCut ? <p class="small">It wrote more than is kept.</p> : null}
    </details>
  )
}

function Until({ refusal }: { readonly refusal: RepairView['refusal'] }) {
  if (refusal?.until === undefined) return null
  return (
    <p class="small">
      Not before <At at={refusal.until} />
    </p>
  )
}

/** The column; without a repair it says so. */
export function Repair({ problem: { repair } }: { readonly problem: ProblemView }) {
  return (
    <div class="repair">
      <p class="lab">Remediation</p>
      {repair === undefined ? (
        <p class="quiet">None was begun.</p>
      ) : (
        <>
          <p>
            <Sentence words={repair.words} />
          </p>
          <Until refusal={repair.refusal} />
          {repair.attempt === undefined ? null : (
            <>
              <Figures figures={repair.attempt.figures} />
              {repair.attempt.ended === undefined ? null : <Detail attempt={repair.attempt} />}
            </>
          )}
        </>
      )}
    </div>
  )
}
