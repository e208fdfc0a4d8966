import { type CompletedCommand, type Completes, nextWords, prefixes, spellings } from './model.ts';

const list = (items: readonly string[]): string => `@(${items.map((item) => `'${item}'`).join(', ')})`;
const kindOf = (completes: Completes): string =>
  typeof completes === 'string' ? `'${completes}'` : list(completes);

function commandOf({ flags, args }: CompletedCommand): string {
  const pairs = flags.flatMap((flag) =>
    spellings(flag).map((name) => `'${name}' = ${flag.value === undefined ? '$null' : kindOf(flag.value)}`),
  );
  return `@{ flags = [System.Collections.Hashtable]::new(@{ ${pairs.join('; ')} }, [System.StringComparer]::Ordinal); args = @(${args.map(kindOf).join(', ')}) }`;
}

/** A completion script for PowerShell 5 and later. */
export function powershellScript(commands: readonly CompletedCommand[]): string {
  const byName = commands.flatMap((each) => each.names.map((name) => `  '${name}' = ${commandOf(each)}`));
  const next = ['', ...prefixes(commands)].flatMap((at) => {
    const words = [...nextWords(commands, at).keys()];
    return words.length === 0 ? [] : [`  '${at}' = ${list(words)}`];
  });
  return `# PowerShell completion for lfsb
# In $PROFILE: lfsb completion powershell | Out-String | Invoke-Expression
$LfsbCommands = @{
${byName.join('\n')}
}
$LfsbNext = @{
${next.join('\n')}
}
Register-ArgumentCompleter -Native -CommandName lfsb -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.ToString() })
  $command = ''
  $place = 0
  $valued = $null
  foreach ($word in $words) {
    $longer = "$command $word".Trim()
    if ($null -ne $valued) { $valued = $null }
    elseif ($word.StartsWith('-')) { if ($LfsbCommands.ContainsKey($command)) { $valued = $LfsbCommands[$command].flags[$word] } }
    elseif ($place -eq 0 -and ($LfsbCommands.ContainsKey($longer) -or $LfsbNext.ContainsKey($longer))) { $command = $longer }
    else { $place++ }
  }
  $kind = $valued
  $found = @()
  if ($null -eq $kind -and $wordToComplete.StartsWith('-')) { $found = @($LfsbCommands[$command].flags.Keys) }
  elseif ($null -eq $kind) {
    if ($LfsbCommands.ContainsKey($command)) { $kind = $LfsbCommands[$command].args[$place] }
    if ($place -eq 0 -and $LfsbNext.ContainsKey($command)) { $found = @($LfsbNext[$command]) }
  }
  if ($kind -is [array]) { $found += $kind }
  elseif ($kind -eq 'database') { $found += @(lfsb list 2>$null | Select-Object -Skip 1 | ForEach-Object { ($_ -split '\\s')[0] } | Where-Object { $_ }) }
  $found | Where-Object { $_ -clike "$wordToComplete*" } | Sort-Object | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
`;
}
