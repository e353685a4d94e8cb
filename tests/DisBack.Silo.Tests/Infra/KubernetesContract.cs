using System.Collections.Concurrent;
using System.Globalization;
using DisBack.Gateway;
using DisBack.Orchestration.Placement;
using k8s.Models;
using Orleans.Configuration;

namespace DisBack.Silo.Tests.Infra;

/// <summary>The manifests agree with one another and with the code they run.</summary>
/// <param name="folder">The kustomization.</param>
/// <param name="keeper">The workload that keeps the membership, with its port; null if none of the cluster's does.</param>
public abstract class KubernetesContract(string folder, (string Name, int Port)? keeper)
{
    private static readonly ConcurrentDictionary<string, Manifests> s_loaded = new();

    /// <summary>What would be sent.</summary>
    private protected Manifests Manifests { get; } = s_loaded.GetOrAdd(folder, Manifests.Load);

    [Fact]
    public void Silos_accept_their_settings_and_are_what_they_are_called()
    {
        Assert.All(Manifests.Silos, workload =>
        {
            var settings = SettingsOf(workload);
            Assert.Equal(workload.Labels["app.kubernetes.io/component"], settings.Role.ToString().ToLowerInvariant());
            Assert.Equal("10.1.2.3", settings.Endpoints.Address);
            Assert.Equal($"{workload.Name}-0", settings.Name);
            Assert.Contains(Supervisor.Flag, workload.Container.Args);
        });
        Assert.Equal([SiloRole.Control, SiloRole.Worker], Manifests.Silos.Select(workload => SettingsOf(workload).Role).Order());
    }

    [Fact]
    public void A_worker_has_one_accelerator_and_a_control_silo_none()
    {
        var worker = Manifests.Workload("disback-worker");
        Assert.Equal("1", worker.Container.Resources.Limits["nvidia.com/gpu"].ToString());
        Assert.Equal("cuda:0", SettingsOf(worker).Worker.Accelerator);
        Assert.EndsWith("-cuda", worker.Container.Image, StringComparison.Ordinal);
        Assert.Contains(worker.Pod.Tolerations, toleration => toleration.Key == "nvidia.com/gpu");
        Assert.DoesNotContain("nvidia.com/gpu", Manifests.Workload("disback-control").Container.Resources.Limits);
    }

    [Fact]
    public void Three_control_silos_are_on_three_hosts()
    {
        var control = Manifests.Workload("disback-control");
        Assert.Equal(3, control.Replicas);
        var apart = control.Pod.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution.Single();
        Assert.Equal("kubernetes.io/hostname", apart.TopologyKey);
        Assert.True(control.Matches(apart.LabelSelector));
        Assert.False(Manifests.Workload("disback-worker").Matches(apart.LabelSelector));
    }

    [Fact]
    public void Containers_declare_the_ports_that_the_code_listens_on()
    {
        Assert.All(Manifests.Silos, workload =>
        {
            var ends = SettingsOf(workload).Endpoints;
            Assert.Equal(
                [("silo", ends.Silo), ("gateway", ends.Gateway), ("http", ends.Http)],
                workload.Container.Ports.Select(port => (port.Name, port.ContainerPort)));
        });
        Assert.All(Manifests.Workloads.Where(workload => workload.Container.Image.StartsWith("disback-", StringComparison.Ordinal)), workload =>
            Assert.Equal(Dockerfile.OfImage(workload.Container.Image).Ports, workload.Container.Ports.Select(port => port.ContainerPort)));
    }

    [Fact]
    public void Probes_ask_where_the_code_answers_and_leave_it_the_time_it_takes()
    {
        var join = new ClusterMembershipOptions().MaxJoinAttemptTime;
        Assert.All(Manifests.Silos, workload =>
        {
            var (container, settings) = (workload.Container, SettingsOf(workload));
            Assert.Equal(SiloHost.LivePath, container.StartupProbe.HttpGet.Path);
            Assert.Equal(SiloHost.LivePath, container.LivenessProbe.HttpGet.Path);
            Assert.Equal(SiloHost.ReadyPath, container.ReadinessProbe.HttpGet.Path);
            Assert.All([container.StartupProbe, container.LivenessProbe, container.ReadinessProbe], probe => Assert.Equal("http", probe.HttpGet.Port));
            Assert.True(Window(container.StartupProbe) > join, $"{workload} is killed after {Window(container.StartupProbe)} while it may join for {join}.");
            var restart = ContainerSettings.LongestStop(settings) + ContainerSettings.LongestColdWait(settings);
            Assert.True(
                Window(container.LivenessProbe) > restart,
                $"{workload} is killed after {Window(container.LivenessProbe)} while its supervisor may take {restart}.");
        });
        Assert.All(Manifests.Workloads.Where(workload => workload.Template.Metadata.Annotations is not null), workload =>
        {
            var scraped = workload.Template.Metadata.Annotations;
            Assert.Equal(SiloHost.MetricsPath, scraped["prometheus.io/path"]);
            Assert.Equal(
                workload.Container.Ports.Single(port => port.Name == "http").ContainerPort.ToString(CultureInfo.InvariantCulture),
                scraped["prometheus.io/port"]);
        });
    }

    [Fact]
    public void The_gateway_accepts_its_settings_and_has_what_they_name()
    {
        var gateway = Manifests.Workload("disback-gateway");
        var settings = ContainerSettings.ReadGateway(Manifests.EnvironmentOf(gateway));
        Assert.Equal(("http", settings.Endpoints.Http), gateway.Container.Ports.Select(port => (port.Name, port.ContainerPort)).Single());
        var silo = SettingsOf(Manifests.Workload("disback-control"));
        Assert.Equal(
            (silo.Cluster.Membership, silo.Cluster.Tables.AccountAddress),
            (settings.Cluster.Membership, settings.Cluster.Tables.AccountAddress));
        Assert.Equal(
            (silo.Cluster.Id, silo.Cluster.Redis, silo.Blobs.AccountAddress, silo.Blobs.Container),
            (settings.Cluster.Id, settings.Cluster.Redis, settings.Blobs.AccountAddress, settings.Blobs.Container));

        var mounts = gateway.Container.VolumeMounts.ToDictionary(mount => mount.MountPath, mount => mount.Name);
        var tokens = gateway.Pod.Volumes.Single(volume => volume.Name == mounts[Path.GetDirectoryName(settings.Tokens.File)!]).Secret;
        // The instructions make the secret from a file of the name that the gateway looks for.
        Assert.Contains(
            $"create secret generic {tokens.SecretName} --from-file={Path.GetFileName(settings.Tokens.File)}",
            Tree.Read("infra/README.md"),
            StringComparison.Ordinal);
        var room = gateway.Pod.Volumes.Single(volume => volume.Name == mounts[settings.Scratch!]).EmptyDir.SizeLimit;
        Assert.True(room.ToInt64() > settings.Limits.ContentBytes);

        var grace = TimeSpan.FromSeconds(gateway.Pod.TerminationGracePeriodSeconds!.Value);
        var pause = TimeSpan.FromSeconds(gateway.Container.Lifecycle.PreStop.Sleep.Seconds);
        Assert.True(grace >= pause + GatewayHost.Farewell + TimeSpan.FromSeconds(10));
        Assert.Equal(SiloHost.LivePath, gateway.Container.StartupProbe.HttpGet.Path);
        Assert.Equal(SiloHost.LivePath, gateway.Container.LivenessProbe.HttpGet.Path);
        Assert.Equal(SiloHost.ReadyPath, gateway.Container.ReadinessProbe.HttpGet.Path);
    }

    [Fact]
    public void A_pod_may_end_in_good_order()
    {
        Assert.All(Manifests.Silos, workload =>
        {
            var (grace, stop) = (TimeSpan.FromSeconds(workload.Pod.TerminationGracePeriodSeconds!.Value), ContainerSettings.LongestStop(SettingsOf(workload)));
            Assert.True(grace >= stop + TimeSpan.FromSeconds(10), $"{workload} is killed after {grace}, but drains and says goodbye for up to {stop}.");
        });
    }

    [Fact]
    public void Everything_a_container_writes_to_is_a_volume_with_room()
    {
        Assert.All(Manifests.Workloads, workload =>
        {
            var volumes = (workload.Pod.Volumes ?? []).Select(volume => volume.Name).Concat(workload.Claims).ToList();
            Assert.Equal(volumes.Order(StringComparer.Ordinal), workload.Container.VolumeMounts.Select(mount => mount.Name).Order(StringComparer.Ordinal));
        });
        Assert.All(
            Manifests.Silos,
            workload => Assert.Contains(workload.Container.VolumeMounts, mount => mount.MountPath == Path.GetTempPath().TrimEnd('/')));

        var worker = Manifests.Workload("disback-worker");
        var settings = SettingsOf(worker);
        Assert.All([settings.ScratchFolder, settings.CacheFolder], folder =>
        {
            var mount = worker.Container.VolumeMounts.Single(mount => ContainerSettings.IsBelow(folder, [mount.MountPath]));
            var room = worker.Pod.Volumes.Single(volume => volume.Name == mount.Name).EmptyDir.SizeLimit;
            Assert.True(room.ToInt64() > settings.Worker.CacheBytes, $"{mount.Name} has {room}, the cache alone may fill {settings.Worker.CacheBytes} bytes.");
            Assert.True(worker.Container.Resources.Requests["ephemeral-storage"].ToInt64() >= room.ToInt64());
        });
    }

    [Fact]
    public void Nothing_runs_with_rights_it_does_not_need()
    {
        Assert.Equal("restricted", Manifests.Of<V1Namespace>().Single().Metadata.Labels["pod-security.kubernetes.io/enforce"]);
        Assert.All(Manifests.Workloads, workload =>
        {
            var (pod, container) = (workload.Pod.SecurityContext, workload.Container.SecurityContext);
            Assert.True(pod.RunAsNonRoot);
            Assert.True(pod.RunAsUser > 0 && pod.RunAsUser == pod.FsGroup);
            Assert.Equal("RuntimeDefault", pod.SeccompProfile.Type);
            Assert.False(container.AllowPrivilegeEscalation);
            Assert.True(container.ReadOnlyRootFilesystem);
            Assert.Equal(["ALL"], container.Capabilities.Drop);
            Assert.NotEmpty(workload.Container.Resources.Requests);
            Assert.True(workload.Container.Resources.Limits.ContainsKey("memory"));
            // Kubernetes would add variables for every service, and those of ours begin like settings.
            Assert.False(workload.Pod.EnableServiceLinks);
            Assert.False(workload.Pod.AutomountServiceAccountToken
                ?? Manifests.Of<V1ServiceAccount>().Single(account => account.Metadata.Name == workload.Pod.ServiceAccountName).AutomountServiceAccountToken);
        });
    }

    [Fact]
    public void What_is_referred_to_exists()
    {
        var maps = Manifests.Of<V1ConfigMap>().Select(map => map.Metadata.Name).ToList();
        Assert.All(Manifests.Workloads, workload =>
        {
            Assert.All(workload.Container.EnvFrom ?? [], from => Assert.Contains(from.ConfigMapRef.Name, maps));
            Assert.All((workload.Pod.Volumes ?? []).Where(volume => volume.ConfigMap is not null), volume => Assert.Contains(volume.ConfigMap.Name, maps));
        });
        Assert.All(Manifests.StatefulSets, set =>
            Assert.True(Manifests.Workload(set.Metadata.Name)
                .Matches(Manifests.Of<V1Service>().Single(service => service.Metadata.Name == set.Spec.ServiceName).Spec.Selector)));

        // Secrets are made by hand, and so every one is in the instructions.
        var secrets = Manifests.Workloads.SelectMany(workload => (workload.Container.Env ?? []).Select(variable => variable.ValueFrom?.SecretKeyRef?.Name)
            .Concat((workload.Pod.Volumes ?? []).Select(volume => volume.Secret?.SecretName)))
            .Concat(Manifests.Of<V1Ingress>().SelectMany(ingress => ingress.Spec.Tls.Select(tls => tls.SecretName)))
            .OfType<string>().Distinct().ToList();
        var instructions = Tree.Read("infra/README.md");
        Assert.All(secrets, secret => Assert.Contains(secret, instructions, StringComparison.Ordinal));

        foreach (var ingress in Manifests.Of<V1Ingress>())
        {
            Assert.Equal(ingress.Spec.Rules.Select(rule => rule.Host), ingress.Spec.Tls.SelectMany(tls => tls.Hosts));
            var backend = ingress.Spec.Rules.Single().Http.Paths.Single().Backend.Service;
            Assert.Contains(
                Manifests.Of<V1Service>().Single(service => service.Metadata.Name == backend.Name).Spec.Ports,
                port => port.Name == backend.Port.Name);
        }
    }

    [Fact]
    public void Selectors_choose_what_they_mean_and_nothing_else()
    {
        Assert.Equal(Manifests.Of<V1Namespace>().Single().Metadata.Name, Manifests.Namespace);
        Assert.All(Manifests.Workloads, workload => Assert.Equal([workload], Manifests.Workloads.Where(other => other.Matches(workload.Selector))));
        Assert.All(Manifests.Of<V1Service>(), service =>
        {
            var chosen = Manifests.Workloads.Where(workload => workload.Matches(service.Spec.Selector)).ToList();
            Assert.Equal(service.Metadata.Name, Assert.Single(chosen).Name);
            Assert.All(service.Spec.Ports ?? [], port => Assert.Contains(chosen[0].Container.Ports, one => one.Name == port.TargetPort));
        });
    }

    [Fact]
    public void A_drained_node_takes_one_pod_of_a_kind_at_a_time()
    {
        var budgets = Manifests.Of<V1PodDisruptionBudget>().ToList();
        // A budget for one pod, or for workers whose successors wait for an accelerator, would only keep nodes from being drained.
        var several = Manifests.Workloads.Where(workload => workload.Replicas > 1 && workload.Name != "disback-worker").ToList();
        Assert.All(several, workload => Assert.Equal("1", Assert.Single(budgets, budget => workload.Matches(budget.Spec.Selector)).Spec.MaxUnavailable));
        Assert.Equal(several.Count, budgets.Count);
        Assert.All(budgets, budget => Assert.Equal("AlwaysAllow", budget.Spec.UnhealthyPodEvictionPolicy));
    }

    [Fact]
    public void The_network_lets_through_what_is_needed_and_nothing_else()
    {
        var ends = new EndpointSettings();
        var http = Dockerfile.OfImage(Manifests.Workload("disback-gateway").Container.Image).Ports.Single();
        string[] inside =
        [
            $"silo>silo:{ends.Silo}", $"gateway>silo:{ends.Gateway}",
            .. keeper is { } one ? new[] { $"silo>{one.Name}:{one.Port}", $"gateway>{one.Name}:{one.Port}" } : [],
        ];
        Assert.Equal(
            inside.Concat([$"monitoring>silo:{ends.Http}", $"ingress-nginx>gateway:{http}", $"monitoring>gateway:{http}"]).Order(StringComparer.Ordinal),
            Edges(policy => policy.Ingress?.SelectMany(rule => EdgesOf(policy, rule.FromProperty, rule.Ports, incoming: true))));
        Assert.Equal(
            inside.Concat(["silo>0.0.0.0/0:443", "gateway>0.0.0.0/0:443", "all>kube-system/kube-dns:53", "all>kube-system/kube-dns:53/UDP"])
                .Order(StringComparer.Ordinal),
            Edges(policy => policy.Egress?.SelectMany(rule => EdgesOf(policy, rule.To, rule.Ports, incoming: false))));

        // Without this one, whatever no policy chooses would be open.
        Assert.Contains(Manifests.Of<V1NetworkPolicy>(), policy =>
            policy.Spec is { PodSelector.MatchLabels: null, Ingress: null, Egress: null } && policy.Spec.PolicyTypes.SequenceEqual(["Ingress", "Egress"]));
        Assert.All(Manifests.Of<V1NetworkPolicy>(), policy =>
        {
            // Rules count only for the directions that the policy names.
            Assert.True(policy.Spec.Ingress is null || policy.Spec.PolicyTypes.Contains("Ingress"));
            Assert.True(policy.Spec.Egress is null || policy.Spec.PolicyTypes.Contains("Egress"));
        });

        IEnumerable<string> Edges(Func<V1NetworkPolicySpec, IEnumerable<string>?> of) =>
            Manifests.Of<V1NetworkPolicy>().SelectMany(policy => of(policy.Spec) ?? []).Order(StringComparer.Ordinal);
    }

    private protected SiloSettings SettingsOf(Workload workload) => ContainerSettings.Read(Manifests.EnvironmentOf(workload));

    private static TimeSpan Window(V1Probe probe) => TimeSpan.FromSeconds(probe.PeriodSeconds!.Value * probe.FailureThreshold!.Value);

    private IEnumerable<string> EdgesOf(V1NetworkPolicySpec policy, IList<V1NetworkPolicyPeer> peers, IList<V1NetworkPolicyPort> ports, bool incoming)
    {
        // No peers or no ports would mean all of them.
        Assert.NotEmpty(peers);
        Assert.NotEmpty(ports);
        var self = NameOf(policy.PodSelector);
        return from peer in peers
               from port in ports
               let other = NameOf(peer)
               let end = port.Protocol == "TCP" ? $"{port.Port.Value}" : $"{port.Port.Value}/{port.Protocol}"
               select incoming ? $"{other}>{self}:{end}" : $"{self}>{other}:{end}";
    }

    private string NameOf(V1NetworkPolicyPeer peer) => peer switch
    {
        { IpBlock: { Except: null } block } => block.Cidr,
        { NamespaceSelector: { } space, PodSelector: { } pod } => $"{space.MatchLabels.Single().Value}/{pod.MatchLabels.Single().Value}",
        { NamespaceSelector.MatchLabels: { } labels } => labels["kubernetes.io/metadata.name"],
        _ => NameOf(peer.PodSelector),
    };

    private string NameOf(V1LabelSelector selector)
    {
        if (selector.MatchLabels is null)
        {
            return "all";
        }
        var name = Assert.Single(
            Manifests.Workloads.Where(workload => workload.Matches(selector)).Select(workload => workload.Labels["app.kubernetes.io/name"]).Distinct());
        return name.Replace("disback-", "", StringComparison.Ordinal);
    }
}
