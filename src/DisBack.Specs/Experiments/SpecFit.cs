using DisBack.Specs.Backtracking;
using DisBack.Specs.Data;
using DisBack.Specs.Evaluations;
using DisBack.Specs.Networks;
using DisBack.Specs.Reading;
using DisBack.Specs.Training;

namespace DisBack.Specs.Experiments;

/// <summary>Whether the parts of a spec fit each other, as its data sets and its teacher's network show; asked before anything is trained.</summary>
public static class SpecFit
{
    /// <summary>Refuses an experiment that cannot work with its teacher.</summary>
    /// <param name="spec">The experiment.</param>
    /// <param name="teacher">The teacher's network.</param>
    /// <param name="reference">The real images of its evaluation; null where it has their statistics.</param>
    /// <param name="data">Its real images; null where it has none.</param>
    /// <exception cref="SpecMistakeException">
    /// The student makes other samples than the teacher, images have another shape, or the teacher's network cannot do what the host asks of it.
    /// </exception>
    public static void Check(ExperimentSpec spec, NetworkSettings teacher, DatasetFacts? reference, DatasetFacts? data)
    {
        if (spec.Student.Network is { } student && (student.Shape, student.Classes) != (teacher.Shape, teacher.Classes))
        {
            throw new SpecMistakeException("student.network",
                $"student.network makes samples of {student.Shape} (channels, height, width) in {student.Classes} classes but the teacher makes "
                    + $"{teacher.Shape} in {teacher.Classes}: give the student the teacher's img_channels, img_resolution and label_dim");
        }
        if (spec.Adapters is not null && teacher is not TextUnetSettings)
        {
            throw new SpecMistakeException("adapters",
                "only teachers of texts (text-unet) have adapters: leave adapters out; the host vsd has fake_rank for a fake score of its own");
        }
        if (teacher is TextUnetSettings && spec.Backtracking is VsdSettings { FakeRank: not null })
        {
            throw new SpecMistakeException(
                "backtracking.fake_rank", "all networks of a teacher of texts can be adapters: set adapters.rank in place of fake_rank");
        }
        CheckHardware(spec.Hardware, teacher);
        if (spec.Student.Network is { } own)
        {
            CheckHardware(spec.Hardware, own);
        }
        if (teacher is TextUnetSettings && spec.Evaluation.Measures)
        {
            throw new SpecMistakeException("evaluation.features",
                $"the teacher makes latents of {teacher.Shape} (channels, height, width), whose features nobody knows: set evaluation.features to "
                    + $"{EvaluationSettings.NoFeatures}, and measure pictures that 'disback sample' decodes");
        }
        if (spec.Backtracking.Guidance is not null && !teacher.IsGuidable)
        {
            throw new SpecMistakeException("backtracking.guidance",
                $"the teacher {(teacher.Classes == 0 ? "knows no classes" : "was trained with network.label_dropout 0")}, so guidance has nothing to compare "
                    + "its classes with: leave backtracking.guidance out, or train a teacher of classes with network.label_dropout above 0, such as 0.1");
        }
        if (spec.Backtracking is DiffInstructSettings host)
        {
            CheckHost(host, teacher);
        }
        if (data is not null)
        {
            CheckShape("data", data, teacher.Shape);
            if (spec.Backtracking.NeedsData && teacher.Classes > 0 && teacher.Classes != data.Classes)
            {
                throw new SpecMistakeException("data",
                    $"data has images in {data.Classes} classes but the teacher makes {teacher.Classes}: name images in the classes that it was trained with");
            }
        }
        if (reference is not null)
        {
            CheckShape("evaluation.reference", reference, teacher.Shape);
        }
    }

    /// <summary>Refuses a training whose network does not fit its images.</summary>
    /// <param name="spec">The training.</param>
    /// <param name="data">Its images.</param>
    /// <param name="reference">The real images of its evaluation; null where it has none.</param>
    /// <exception cref="SpecMistakeException">Images have another shape or other classes than the network.</exception>
    public static void Check(TeacherSpec spec, DatasetFacts data, DatasetFacts? reference = null)
    {
        CheckHardware(spec.Hardware, spec.Network);
        var shape = spec.Network.Shape;
        if ((data.Resolution, data.Resolution) != (shape.Height, shape.Width))
        {
            throw new SpecMistakeException("data.resolution",
                $"the images have {data.Resolution} pixels but the network has {shape.Height}; make data.resolution and network.img_resolution equal");
        }
        if (data.Channels != shape.Channels)
        {
            throw new SpecMistakeException("network.img_channels",
                $"the images have {data.Channels} channels but the network has {shape.Channels}; make data.channels and network.img_channels equal");
        }
        if (spec.Network.Classes is > 0 and var classes && classes != data.Classes)
        {
            throw new SpecMistakeException("network.label_dim", data.Classes == 0
                ? $"the network has {classes} classes but the images have none; set network.label_dim to 0, or put the images into one folder for each class"
                : $"the network has {classes} classes but the images have {data.Classes}; set network.label_dim to {data.Classes}, or to 0 to ignore them");
        }
        if (reference is not null)
        {
            CheckShape("evaluation.reference", reference, shape);
        }
    }

    private static void CheckHardware(HardwareSettings hardware, NetworkSettings network)
    {
        if (hardware.CheckpointActivations && network is not TextUnetSettings)
        {
            throw new SpecMistakeException("hardware.checkpoint_activations",
                "only a network of the model_type text-unet can run its blocks again for their gradients: leave hardware.checkpoint_activations out");
        }
    }

    private static void CheckHost(DiffInstructSettings host, NetworkSettings teacher)
    {
        if (host.Dropout && teacher is not UNetSettings { Dropout: > 0 })
        {
            throw new SpecMistakeException("backtracking.dropout",
                "the teacher has network.dropout 0, so its network drops nothing: leave backtracking.dropout out, or name a teacher with network.dropout above "
                    + "0, such as 0.13");
        }
        if (host.Augmentation is not null && teacher is not UNetSettings { AugmentDim: AugmentationSettings.LabelLength })
        {
            throw new SpecMistakeException("backtracking.augmentation",
                "the teacher's network cannot be told how an image was augmented: leave backtracking.augmentation out, or name a teacher with "
                    + $"network.augment_dim {AugmentationSettings.LabelLength}");
        }
    }

    private static void CheckShape(string key, DatasetFacts data, SampleShape made)
    {
        var images = new SampleShape(data.Channels, data.Resolution, data.Resolution);
        if (images != made)
        {
            throw new SpecMistakeException(key,
                $"{key} has images of {images} (channels, height, width) but the teacher makes {made}: set {key}.resolution to {made.Height} and "
                    + $"{key}.channels to {made.Channels}");
        }
    }
}
