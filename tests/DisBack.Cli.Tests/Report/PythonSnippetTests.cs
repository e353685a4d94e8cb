using System.Diagnostics;
using DisBack.Cli.Report;
using DisBack.Diffusion.Networks;
using DisBack.Distillation.Generators;
using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Cli.Tests.Report;

/// <summary>The Python of a model card builds EDM's network with arguments that it has, loads the file by name, and draws.</summary>
public sealed class PythonSnippetTests : IDisposable
{
    /// <summary>The constructors of EDM's training/networks.py, as far as their arguments go, in place of its networks.</summary>
    private const string Networks = """
        import torch

        class SongUNet:
            def __init__(self, img_resolution, in_channels, out_channels, label_dim=0, augment_dim=0, model_channels=128, channel_mult=None,
                         channel_mult_emb=4, num_blocks=4, attn_resolutions=None, dropout=0.10, label_dropout=0, embedding_type='positional',
                         channel_mult_noise=1, encoder_type='standard', decoder_type='standard', resample_filter=None):
                self.name = "song"

        class DhariwalUNet:
            def __init__(self, img_resolution, in_channels, out_channels, label_dim=0, augment_dim=0, model_channels=192, channel_mult=None,
                         channel_mult_emb=4, num_blocks=3, attn_resolutions=None, dropout=0.10, label_dropout=0):
                self.name = "adm"

        class Precond:
            def build(self, img_resolution, img_channels, label_dim, model_type, arguments):
                self.shape, self.label_dim = (img_channels, img_resolution, img_resolution), label_dim
                globals()[model_type](img_resolution, img_channels, img_channels, label_dim=label_dim, **arguments)

            def load_state_dict(self, state):
                assert all(name.startswith("model.") or name == "u" for name in state), list(state)
                self.weights = sum(value.numel() for value in state.values())

            def eval(self):
                pass

            def __call__(self, x, sigma, class_labels=None):
                assert x.shape[1:] == self.shape and sigma.shape == x.shape[:1] and sigma.dtype == torch.float32, (x.shape, sigma)
                assert (class_labels is None) == (self.label_dim == 0)
                assert class_labels is None or class_labels.shape == (len(x), self.label_dim)
                print("drew", tuple(x.shape), self.weights)
                return 0 * x

        class EDMPrecond(Precond):
            def __init__(self, img_resolution, img_channels, label_dim=0, use_fp16=False, sigma_min=0, sigma_max=float('inf'), sigma_data=0.5,
                         model_type='DhariwalUNet', **model_kwargs):
                self.build(img_resolution, img_channels, label_dim, model_type, model_kwargs)

        class VPPrecond(Precond):
            def __init__(self, img_resolution, img_channels, label_dim=0, use_fp16=False, beta_d=19.9, beta_min=0.1, M=1000, epsilon_t=1e-5,
                         model_type='SongUNet', **model_kwargs):
                self.build(img_resolution, img_channels, label_dim, model_type, model_kwargs)

        class VEPrecond(Precond):
            def __init__(self, img_resolution, img_channels, label_dim=0, use_fp16=False, sigma_min=0.02, sigma_max=100, model_type='SongUNet',
                         **model_kwargs):
                self.build(img_resolution, img_channels, label_dim, model_type, model_kwargs)

        class iDDPMPrecond(Precond):
            def __init__(self, img_resolution, img_channels, label_dim=0, use_fp16=False, C_1=0.001, C_2=0.008, M=1000, model_type='DhariwalUNet',
                         **model_kwargs):
                self.build(img_resolution, img_channels, label_dim, model_type, model_kwargs)
        """;

    private static readonly Lazy<bool> s_hasTorch = new(() => Run(["-c", "import torch, safetensors"], Path.GetTempPath()).Code == 0);

    private readonly string _folder = Directory.CreateTempSubdirectory("disback-snippet-").FullName;

    public static TheoryData<NetworkSettings> Settings =>
    [
        new SongUnetSettings
        {
            ImgResolution = 8, ImgChannels = 1, ModelChannels = 4, ChannelMult = [1, 2], NumBlocks = 1, AttnResolutions = [4], LabelDim = 3,
        },
        new SongUnetSettings
        {
            ImgResolution = 8, ModelChannels = 4, ChannelMult = [1], NumBlocks = 1, AttnResolutions = [], Precond = Preconditioning.Ve,
            EmbeddingType = EmbeddingType.Fourier, ChannelMultNoise = 2, EncoderType = EncoderType.Residual, ResampleFilter = [1, 3, 3, 1], SigmaMin = 0.05,
        },
        new SongUnetSettings { ImgResolution = 8, ModelChannels = 4, ChannelMult = [1], NumBlocks = 1, AttnResolutions = [], Precond = Preconditioning.Vp },
        new DhariwalUnetSettings { ImgResolution = 8, ModelChannels = 8, ChannelMult = [1], NumBlocks = 1, AttnResolutions = [] },
        new DhariwalUnetSettings
        {
            ImgResolution = 8, ModelChannels = 8, ChannelMult = [1], NumBlocks = 1, AttnResolutions = [], Precond = Preconditioning.Iddpm, LabelDim = 3,
        },
    ];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory, MemberData(nameof(Settings))]
    public void The_snippet_loads_the_file_and_draws_in_every_step(NetworkSettings settings)
    {
        Assert.SkipUnless(s_hasTorch.Value, "python3 with torch and safetensors is not on this machine");
        using var init = new Generator(0);
        using var student = new DenoiserGenerator(Denoiser.Create(settings, init), 2.5, [1]);
        using (var file = File.Create(Path.Combine(_folder, StudentFile.Name)))
        {
            StudentFile.Write(file, student);
        }
        Directory.CreateDirectory(Path.Combine(_folder, "training"));
        File.WriteAllText(Path.Combine(_folder, "training", "networks.py"), Networks);
        File.WriteAllText(Path.Combine(_folder, "snippet.py"), PythonSnippet.Of(student));

        var (code, output) = Run(["snippet.py"], _folder);

        Assert.True(code == 0, output);
        var drew = $"drew (16, {settings.Shape.Channels}, 8, 8) {student.ToFile().Tensors.Sum(tensor => tensor.Value.NumberOfElements)}";
        Assert.Equal($"{drew}\n{drew}\n", output);
    }

    /// <summary>What is fixed where no Python is: the arguments, under EDM's names and none of another preconditioning.</summary>
    [Fact]
    public void The_arguments_are_those_of_the_networks_constructor()
    {
        using var init = new Generator(0);
        var settings = new SongUnetSettings
        {
            ImgResolution = 8, ImgChannels = 1, ModelChannels = 4, ChannelMult = [1, 2], NumBlocks = 1, AttnResolutions = [4], Precond = Preconditioning.Vp,
        };
        using var student = new DenoiserGenerator(Denoiser.Create(settings, init), 2.5, [1]);

        Assert.Equal(
            """
            import torch
            from safetensors.torch import load_file
            from training.networks import VPPrecond  # of github.com/NVlabs/edm

            network = VPPrecond(
                model_type="SongUNet", img_resolution=8, img_channels=1, label_dim=0, augment_dim=0, model_channels=4,
                channel_mult=[1,2], channel_mult_emb=4, num_blocks=1, attn_resolutions=[4], dropout=0.1, label_dropout=0,
                embedding_type="positional", channel_mult_noise=1, encoder_type="standard", decoder_type="standard",
                resample_filter=[1,1], beta_d=19.9, beta_min=0.1, epsilon_t=1E-05, M=1000)
            network.load_state_dict(load_file("student.safetensors"))
            network.eval()

            count, sigmas = 16, [2.5, 1.0]  # the noise level of each step
            labels = None
            samples = torch.zeros(count, 1, 8, 8)
            with torch.no_grad():
                for sigma in sigmas:
                    noisy = samples + sigma * torch.randn_like(samples)
                    samples = network(noisy, torch.full([count], sigma), labels)
            """,
            PythonSnippet.Of(student));
    }

    private static (int Code, string Output) Run(string[] arguments, string folder)
    {
        try
        {
            using var python = Process.Start(new ProcessStartInfo("python3", arguments)
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var error = python.StandardError.ReadToEndAsync();
            var output = python.StandardOutput.ReadToEnd();
            python.WaitForExit();
            return (python.ExitCode, output + error.Result);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return (-1, "There is no python3.");
        }
    }
}
