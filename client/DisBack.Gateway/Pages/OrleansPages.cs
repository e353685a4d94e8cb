using DisBack.Client;
using DisBack.Gateway.Failures;
using DisBack.Gateway.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Dashboard;

namespace DisBack.Gateway.Pages;

/// <summary>The dashboard of Orleans: silos, grains and how long calls of them take, for operators alone.</summary>
internal static class OrleansPages
{
    private const string Root = "/orleans";

    /// <summary>Of the grains that the dashboard asks.</summary>
    private const string Namespace = "Orleans.Dashboard";

    /// <summary>It calls methods of whichever grain is named, chosen by the types of their results: more than a look.</summary>
    private const string GrainState = $"{Root}/GrainState";

    /// <summary>Everything is its own. React and Mermaid write styles into elements, and a font of diagrams is in the style sheet.</summary>
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
        + "font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Adds its services. They ask the container for the grains when somebody looks.</summary>
    public static void AddOrleansPages(this IServiceCollection services, IConfiguration configuration) =>
        // Logs may hold what not every operator is to see, so they are not streamed.
        new Registration(services, configuration).AddDashboard(dashboard => dashboard.HideTrace = true);

    public static void MapOrleansPages(this WebApplication gateway)
    {
        // Its files are 20 MiB in memory and take a third of a second to compress, so that waits for somebody who looks.
        var pages = new Lazy<RequestDelegate>(() => Build(gateway.Services));
        gateway.MapGet($"{Root}/{{**page}}", async context =>
        {
            if (context.Request.Path.StartsWithSegments(GrainState, StringComparison.OrdinalIgnoreCase))
            {
                await Problems.WriteAsync(
                    context, StatusCodes.Status403Forbidden, "The state of grains is not shown here; the API has the documents of runs.");
                return;
            }
            context.Response.Headers.ContentSecurityPolicy = Policy;
            // This route has been found; now one of its own is.
            context.SetEndpoint(null);
            try
            {
                await pages.Value(context);
            }
            catch (ArgumentException unknown) when (unknown.Message.Contains(Namespace, StringComparison.Ordinal))
            {
                throw new ClusterUnavailableException("The silos of the cluster collect nothing for the dashboard of Orleans; start them with OrleansDashboard "
                    + "true, in this version or a later one.", unknown);
            }
        }).RequireAuthorization(TokenAuthentication.Operator);
    }

    private static RequestDelegate Build(IServiceProvider services)
    {
        var pages = new ApplicationBuilder(services);
        pages.UseRouting();
        pages.UseEndpoints(routes => routes.MapOrleansDashboard(Root));
        return pages.Build();
    }

    /// <summary>Puts the dashboard's services into the gateway's container, for the client of Orleans has one of its own.</summary>
    private sealed class Registration(IServiceCollection services, IConfiguration configuration) : IClientBuilder
    {
        public IServiceCollection Services => services;

        public IConfiguration Configuration => configuration;
    }
}
