using DisBack.Cli;
using DisBack.Cli.Terminal;

using var signals = new StopSignals();
return (int)await CommandLine.RunAsync(args, new Session(Screen.OfProcess(), signals, TimeProvider.System) { Arguments = args });
