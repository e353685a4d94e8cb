namespace DisBack.Gateway.Notifications;

/// <summary>A rule that can be followed.</summary>
/// <param name="settings">What was written.</param>
/// <param name="target">Where notifications are posted.</param>
/// <param name="signer">Signs them.</param>
/// <param name="dashboard">The address of the dashboard, with a slash at its end; null makes no links.</param>
internal sealed class Rule(RuleSettings settings, Uri target, WebhookSigner signer, Uri? dashboard)
{
    /// <summary>Its name.</summary>
    public string Name => settings.Name;

    /// <inheritdoc cref="RuleSettings.Of"/>
    public IReadOnlyList<Subject> Of => settings.Of;

    /// <inheritdoc cref="RuleSettings.On"/>
    public IReadOnlyList<Contracts.Documents.RunStatus> On => settings.On;

    /// <inheritdoc cref="RuleSettings.Where"/>
    public string? Where => settings.Where;

    /// <summary>Where notifications are posted. It may hold a secret, and stays out of logs.</summary>
    public Uri Target => target;

    /// <summary>Signs them.</summary>
    public WebhookSigner Signer => signer;

    /// <summary>The page of something; null where no dashboard is named.</summary>
    public string? LinkTo(Subject subject, string key) => dashboard is null
        ? null
        : new Uri(dashboard, $"{subject.Table()}/{string.Join('/', key.Split('/').Select(Uri.EscapeDataString))}").AbsoluteUri;
}
