/** Image networks that are known to make good features, and where they are. */
import { InputError } from "../../../graph/errors.ts";
import type { FeatureSettings } from "../frames/onnx-features.ts";

export interface KnownModel {
  /** What `--features` calls it. */
  name: string;
  /** Features a picture. */
  width: number;
  bytes: number;
  /** SHA-256 of the file, 64 hexadecimal digits. */
  sha256: string;
  url: string;
  /** By its SPDX identifier. */
  license: string;
  /** How pictures enter, and which tensor is read: these networks end in class scores, and features come before. */
  settings: FeatureSettings;
}

const square = { width: 224, height: 224, layout: "NCHW" } as const;

/** RGB from 0 to 1, less ImageNet's means, divided by its deviations. */
const imageNet = {
  ...square,
  channels: "RGB",
  scale: 1 / 255,
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
} satisfies FeatureSettings;

/**
 * All are of the ONNX Model Zoo (github.com/onnx/models). Size, SHA-256, the input's name and, under
 * "extra_ports", the tensor of the features and its width are those of its ONNX_HUB_MANIFEST.json; license and
 * normalization those of the README.md in each model's folder, validated/vision/classification/…. Addresses name
 * one revision, so what they give does not change.
 */
export const knownModels: readonly KnownModel[] = [
  {
    // …/mobilenet: Sandler et al., CVPR 2018.
    name: "mobilenet-v2",
    width: 1280,
    bytes: 13_963_115,
    sha256: "0e7c0aa4bc74650386fa1d2c84705753de7c2bdb21909ada5c59154bb429e092",
    url: "https://huggingface.co/onnxmodelzoo/mobilenetv2-10/resolve/02be6d5da12f60afa5b76260fc44f9f715b4cf75/mobilenetv2-10.onnx",
    license: "Apache-2.0",
    settings: { ...imageNet, input: "input", output: "464" },
  },
  {
    // …/inception_and_googlenet/googlenet: Szegedy et al., CVPR 2015, as trained for Caffe. Its pool5 is what most
    // work on video summaries measures with (Zhang et al., ECCV 2016; Zhou et al., AAAI 2018).
    name: "googlenet",
    width: 1024,
    bytes: 28_021_836,
    sha256: "c99c507058eaf41de8723408fdda7db8325cb57f0a89f2ee07a716d6e963e14e",
    url: "https://media.githubusercontent.com/media/onnx/models/4f43949841cb55a0b98dc8fcd045431ccafd9f96/validated/vision/classification/inception_and_googlenet/googlenet/model/googlenet-12.onnx",
    license: "BSD-3-Clause",
    settings: {
      ...square,
      channels: "BGR",
      scale: 1,
      mean: [103.939, 116.779, 123.68],
      std: [1, 1, 1],
      input: "data_0",
      output: "pool5/7x7_s1_2",
    },
  },
  {
    // …/resnet: He et al., CVPR 2016.
    name: "resnet18",
    width: 512,
    bytes: 46_820_737,
    sha256: "4e8f8653e7a2222b3904cc3fe8e304cd8b339ce1d05fd24688162f86fb6df52c",
    url: "https://huggingface.co/onnxmodelzoo/resnet18-v1-7/resolve/e7cb849a949bdceba02356b8b923d53cc01108e1/resnet18-v1-7.onnx",
    license: "Apache-2.0",
    settings: { ...imageNet, input: "data", output: "resnetv15_pool1_fwd" },
  },
  {
    // …/resnet. The manifest names the tensor for this network in version 7 of ONNX's operators; the Zoo's script that
    // wrote the manifest names it for this file too ("ResNet50_fp32").
    name: "resnet50",
    width: 2048,
    bytes: 102_576_593,
    sha256: "3f03fdef724b22947eed826f1eef1dc5c34151bb4c37d634f1db89dfa2dd1526",
    url: "https://huggingface.co/onnxmodelzoo/resnet50-v1-12/resolve/1f95315d8bd3b3ca2ceabe54d274e0cdf5a83bbe/resnet50-v1-12.onnx",
    license: "Apache-2.0",
    settings: { ...imageNet, input: "data", output: "resnetv17_pool1_fwd" },
  },
];

/** The model of a name. */
export function knownModel(name: string): KnownModel {
  const model = knownModels.find((one) => one.name === name);
  if (model) return model;
  const names = knownModels.map((one) => one.name).join(", ");
  throw new InputError(`No image network called "${name}" is known, only ${names}.`);
}
