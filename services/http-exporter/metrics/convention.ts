/** Which names of monitors' samples may stand in /metrics as they are: those that `promtool check metrics` accepts. */

/** Words that promtool's linter names: abbreviated units, units that are no base unit, metric types. */
const BANNED = new Set(
  (
    's ms us ns sec b kb mb gb tb pb m h d ' +
    'milliseconds microseconds nanoseconds minutes hours days weeks ' +
    'bits kilobits megabits gigabits kilobytes megabytes gigabytes terabytes kibibytes mebibytes gibibytes ' +
    'kelvin kelvins fahrenheit rankine inches feet yards miles kilometers kilometres millimeters centimeters ' +
    'calories kilocalories kilojoules pounds ounces kilograms milligrams millivolts kilovolts milliamperes ' +
    'counter gauge histogram summary untyped'
  ).split(' '),
)

/** Ends that belong to histograms, summaries and descriptions. */
const RESERVED_END = /_(?:bucket|count|sum|info)$/

export function isConventionalName(name: string): boolean {
  return (
    /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/.test(name) &&
    !RESERVED_END.test(name) &&
    !name.split('_').some((word) => BANNED.has(word))
  )
}

/** Labels of histograms and summaries mean something of their own. */
export function isConventionalLabel(label: string): boolean {
  return /^[a-z][a-z0-9_]*$/.test(label) && label !== 'le' && label !== 'quantile' && !label.includes('__')
}
