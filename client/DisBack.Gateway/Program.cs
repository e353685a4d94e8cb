using System.CommandLine;
using DisBack.Gateway;
using DisBack.Gateway.Configuration;
using DisBack.Gateway.Security;
using Microsoft.Extensions.Options;

var root = new RootCommand(GatewaySettings.Help) { TokenCommand.Create() };
// What is not a verb is configuration, which has its own check of names.
root.TreatUnmatchedTokensAsErrors = false;
root.SetAction((_, cancellation) => GatewayHost.RunAsync(args, cancellation));
try
{
    return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
}
catch (Exception e) when (e is DisBackException or OptionsValidationException or IOException)
{
    await Console.Error.WriteLineAsync($"disback-gateway: {e.Message}");
    return ExitCodes.Refused;
}
