//! Tags by number and name. The names are those of the TIFF specifications and of tifffile.

/// Tags that this crate works with.
#[allow(dead_code)]
pub(crate) mod tag {
    pub const NEW_SUBFILE_TYPE: u16 = 254;
    pub const SUBFILE_TYPE: u16 = 255;
    pub const IMAGE_WIDTH: u16 = 256;
    pub const IMAGE_LENGTH: u16 = 257;
    pub const BITS_PER_SAMPLE: u16 = 258;
    pub const COMPRESSION: u16 = 259;
    pub const PHOTOMETRIC: u16 = 262;
    pub const FILL_ORDER: u16 = 266;
    pub const IMAGE_DESCRIPTION: u16 = 270;
    pub const MAKE: u16 = 271;
    pub const MODEL: u16 = 272;
    pub const STRIP_OFFSETS: u16 = 273;
    pub const ORIENTATION: u16 = 274;
    pub const SAMPLES_PER_PIXEL: u16 = 277;
    pub const ROWS_PER_STRIP: u16 = 278;
    pub const STRIP_BYTE_COUNTS: u16 = 279;
    pub const X_RESOLUTION: u16 = 282;
    pub const Y_RESOLUTION: u16 = 283;
    pub const PLANAR_CONFIGURATION: u16 = 284;
    pub const T4_OPTIONS: u16 = 292;
    pub const RESOLUTION_UNIT: u16 = 296;
    pub const SOFTWARE: u16 = 305;
    pub const DATE_TIME: u16 = 306;
    pub const ARTIST: u16 = 315;
    pub const HOST_COMPUTER: u16 = 316;
    pub const PREDICTOR: u16 = 317;
    pub const COLOR_MAP: u16 = 320;
    pub const TILE_WIDTH: u16 = 322;
    pub const TILE_LENGTH: u16 = 323;
    pub const TILE_OFFSETS: u16 = 324;
    pub const TILE_BYTE_COUNTS: u16 = 325;
    pub const SUB_IFDS: u16 = 330;
    pub const EXTRA_SAMPLES: u16 = 338;
    pub const SAMPLE_FORMAT: u16 = 339;
    pub const JPEG_TABLES: u16 = 347;
    pub const JPEG_INTERCHANGE_FORMAT: u16 = 513;
    pub const JPEG_INTERCHANGE_FORMAT_LENGTH: u16 = 514;
    pub const JPEG_RESTART_INTERVAL: u16 = 515;
    pub const JPEG_Q_TABLES: u16 = 519;
    pub const JPEG_DC_TABLES: u16 = 520;
    pub const JPEG_AC_TABLES: u16 = 521;
    pub const YCBCR_COEFFICIENTS: u16 = 529;
    pub const YCBCR_SUBSAMPLING: u16 = 530;
    pub const REFERENCE_BLACK_WHITE: u16 = 532;
    pub const XMP: u16 = 700;
    pub const IMAGE_DEPTH: u16 = 32997;
    pub const TILE_DEPTH: u16 = 32998;
    pub const COPYRIGHT: u16 = 33432;
    pub const MD_FILE_TAG: u16 = 33445;
    pub const OLYMPUS_INI: u16 = 33471;
    pub const OLYMPUS_SIS: u16 = 33560;
    pub const AGILENT: u16 = 37701;
    pub const TVIPS: u16 = 37706;
    pub const NIH_IMAGE: u16 = 43314;
    pub const EER_METADATA: u16 = 65001;
    pub const EER_SKIP_BITS: u16 = 65007;
    pub const EER_ACROSS_BITS: u16 = 65008;
    pub const EER_DOWN_BITS: u16 = 65009;
    pub const UIC1: u16 = 33628;
    pub const UIC2: u16 = 33629;
    pub const UIC3: u16 = 33630;
    pub const CZ_SEM: u16 = 34118;
    pub const MM_HEADER: u16 = 34361;
    pub const MM_STAMP: u16 = 34362;
    pub const CZ_LSMINFO: u16 = 34412;
    pub const FEI_SFEG: u16 = 34680;
    pub const FEI_HELIOS: u16 = 34682;
    pub const MICRO_MANAGER: u16 = 51123;
    pub const NDPI_VERSION: u16 = 65420;
    pub const NDPI_MAGNIFICATION: u16 = 65421;
    pub const NDPI_LABEL: u16 = 65427;
    pub const NDPI_MCU_STARTS: u16 = 65426;
    pub const NDPI_MCU_STARTS_HIGH: u16 = 65432;
    pub const NDPI_CAPTURE_MODE: u16 = 65441;
    pub const IPTC: u16 = 33723;
    pub const PHOTOSHOP: u16 = 34377;
    pub const EXIF_IFD: u16 = 34665;
    pub const ICC_PROFILE: u16 = 34675;
    pub const GEO_KEY_DIRECTORY: u16 = 34735;
    pub const GEO_DOUBLE_PARAMS: u16 = 34736;
    pub const GEO_ASCII_PARAMS: u16 = 34737;
    pub const GPS_IFD: u16 = 34853;
    pub const MODEL_PIXEL_SCALE: u16 = 33550;
    pub const MODEL_TIEPOINT: u16 = 33922;
    pub const MODEL_TRANSFORMATION: u16 = 34264;
    pub const INTEROP_IFD: u16 = 40965;
    pub const GDAL_METADATA: u16 = 42112;
    pub const GDAL_NODATA: u16 = 42113;
    pub const LERC_PARAMETERS: u16 = 50674;
    pub const IJ_METADATA_BYTE_COUNTS: u16 = 50838;
    pub const IJ_METADATA: u16 = 50839;
}

/// The name of a tag of an image's directory; `None` if it has none.
pub(crate) fn name(tag: u16) -> Option<&'static str> {
    NAMES.binary_search_by_key(&tag, |(number, _)| *number).ok().and_then(|at| NAMES.get(at)).map(|(_, name)| *name)
}

/// What a tag is called in metadata; tags of EXIF are met in an image's own directory as well, as TIFF/EP has them there.
pub(crate) fn label(tag: u16) -> String {
    name(tag).or_else(|| imageio_exif::tag_name(tag)).map_or_else(|| tag.to_string(), str::to_owned)
}

/// The number of a tag by its name.
pub(crate) fn number(name: &str) -> Option<u16> {
    NAMES.iter().find(|(_, n)| *n == name).map(|(number, _)| *number)
}

#[rustfmt::skip]
static NAMES: &[(u16, &str)] = &[
    (254, "NewSubfileType"),
    (255, "SubfileType"),
    (256, "ImageWidth"),
    (257, "ImageLength"),
    (258, "BitsPerSample"),
    (259, "Compression"),
    (262, "PhotometricInterpretation"),
    (263, "Thresholding"),
    (264, "CellWidth"),
    (265, "CellLength"),
    (266, "FillOrder"),
    (269, "DocumentName"),
    (270, "ImageDescription"),
    (271, "Make"),
    (272, "Model"),
    (273, "StripOffsets"),
    (274, "Orientation"),
    (277, "SamplesPerPixel"),
    (278, "RowsPerStrip"),
    (279, "StripByteCounts"),
    (280, "MinSampleValue"),
    (281, "MaxSampleValue"),
    (282, "XResolution"),
    (283, "YResolution"),
    (284, "PlanarConfiguration"),
    (285, "PageName"),
    (286, "XPosition"),
    (287, "YPosition"),
    (288, "FreeOffsets"),
    (289, "FreeByteCounts"),
    (290, "GrayResponseUnit"),
    (291, "GrayResponseCurve"),
    (292, "T4Options"),
    (293, "T6Options"),
    (296, "ResolutionUnit"),
    (297, "PageNumber"),
    (300, "ColorResponseUnit"),
    (301, "TransferFunction"),
    (305, "Software"),
    (306, "DateTime"),
    (315, "Artist"),
    (316, "HostComputer"),
    (317, "Predictor"),
    (318, "WhitePoint"),
    (319, "PrimaryChromaticities"),
    (320, "ColorMap"),
    (321, "HalftoneHints"),
    (322, "TileWidth"),
    (323, "TileLength"),
    (324, "TileOffsets"),
    (325, "TileByteCounts"),
    (326, "BadFaxLines"),
    (327, "CleanFaxData"),
    (328, "ConsecutiveBadFaxLines"),
    (330, "SubIFDs"),
    (332, "InkSet"),
    (333, "InkNames"),
    (334, "NumberOfInks"),
    (336, "DotRange"),
    (337, "TargetPrinter"),
    (338, "ExtraSamples"),
    (339, "SampleFormat"),
    (340, "SMinSampleValue"),
    (341, "SMaxSampleValue"),
    (342, "TransferRange"),
    (343, "ClipPath"),
    (344, "XClipPathUnits"),
    (345, "YClipPathUnits"),
    (346, "Indexed"),
    (347, "JPEGTables"),
    (351, "OPIProxy"),
    (400, "GlobalParametersIFD"),
    (401, "ProfileType"),
    (402, "FaxProfile"),
    (403, "CodingMethods"),
    (404, "VersionYear"),
    (405, "ModeNumber"),
    (433, "Decode"),
    (434, "DefaultImageColor"),
    (435, "T82Options"),
    (437, "JPEGTables2"),
    (512, "JPEGProc"),
    (513, "JPEGInterchangeFormat"),
    (514, "JPEGInterchangeFormatLength"),
    (515, "JPEGRestartInterval"),
    (517, "JPEGLosslessPredictors"),
    (518, "JPEGPointTransforms"),
    (519, "JPEGQTables"),
    (520, "JPEGDCTables"),
    (521, "JPEGACTables"),
    (529, "YCbCrCoefficients"),
    (530, "YCbCrSubSampling"),
    (531, "YCbCrPositioning"),
    (532, "ReferenceBlackWhite"),
    (559, "StripRowCounts"),
    (700, "XMP"),
    (769, "GDIGamma"),
    (770, "ICCProfileDescriptor"),
    (771, "SRGBRenderingIntent"),
    (800, "ImageTitle"),
    (907, "SiffCompress"),
    (999, "USPTO_Miscellaneous"),
    (4864, "AndorId"),
    (4869, "AndorTemperature"),
    (4876, "AndorExposureTime"),
    (4878, "AndorKineticCycleTime"),
    (4879, "AndorAccumulations"),
    (4881, "AndorAcquisitionCycleTime"),
    (4882, "AndorReadoutTime"),
    (4884, "AndorPhotonCounting"),
    (4885, "AndorEmDacLevel"),
    (4890, "AndorFrames"),
    (4896, "AndorHorizontalFlip"),
    (4897, "AndorVerticalFlip"),
    (4898, "AndorClockwise"),
    (4899, "AndorCounterClockwise"),
    (4904, "AndorVerticalClockVoltage"),
    (4905, "AndorVerticalShiftSpeed"),
    (4907, "AndorPreAmpSetting"),
    (4908, "AndorCameraSerial"),
    (4911, "AndorActualTemperature"),
    (4912, "AndorBaselineClamp"),
    (4913, "AndorPrescans"),
    (4914, "AndorModel"),
    (4915, "AndorChipSizeX"),
    (4916, "AndorChipSizeY"),
    (4944, "AndorBaselineOffset"),
    (4966, "AndorSoftwareVersion"),
    (18246, "Rating"),
    (18247, "XP_DIP_XML"),
    (18248, "StitchInfo"),
    (18249, "RatingPercent"),
    (28672, "SonyRawFileType"),
    (28722, "VignettingCorrParams"),
    (28725, "ChromaticAberrationCorrParams"),
    (28727, "DistortionCorrParams"),
    (32781, "ImageID"),
    (32931, "WangTag1"),
    (32932, "WangAnnotation"),
    (32933, "WangTag3"),
    (32934, "WangTag4"),
    (32953, "ImageReferencePoints"),
    (32954, "RegionXformTackPoint"),
    (32955, "WarpQuadrilateral"),
    (32956, "AffineTransformMat"),
    (32995, "Matteing"),
    (32996, "DataType"),
    (32997, "ImageDepth"),
    (32998, "TileDepth"),
    (33300, "ImageFullWidth"),
    (33301, "ImageFullLength"),
    (33302, "TextureFormat"),
    (33303, "TextureWrapModes"),
    (33304, "FieldOfViewCotangent"),
    (33305, "MatrixWorldToScreen"),
    (33306, "MatrixWorldToCamera"),
    (33405, "Model2"),
    (33421, "CFARepeatPatternDim"),
    (33422, "CFAPattern"),
    (33423, "BatteryLevel"),
    (33424, "KodakIFD"),
    (33432, "Copyright"),
    (33445, "MDFileTag"),
    (33446, "MDScalePixel"),
    (33447, "MDColorTable"),
    (33448, "MDLabName"),
    (33449, "MDSampleInfo"),
    (33450, "MDPrepDate"),
    (33451, "MDPrepTime"),
    (33452, "MDFileUnits"),
    (33465, "NiffRotation"),
    (33466, "NiffNavyCompression"),
    (33467, "NiffTileIndex"),
    (33471, "OlympusINI"),
    (33550, "ModelPixelScaleTag"),
    (33560, "OlympusSIS"),
    (33589, "AdventScale"),
    (33590, "AdventRevision"),
    (33628, "UIC1tag"),
    (33629, "UIC2tag"),
    (33630, "UIC3tag"),
    (33631, "UIC4tag"),
    (33723, "IPTCNAA"),
    (33858, "ExtendedTagsOffset"),
    (33918, "IntergraphPacketData"),
    (33919, "IntergraphFlagRegisters"),
    (33920, "IntergraphMatrixTag"),
    (33921, "INGRReserved"),
    (33922, "ModelTiepointTag"),
    (33923, "LeicaMagic"),
    (34118, "CZ_SEM"),
    (34122, "IPLAB"),
    (34152, "AFCP_IPTC"),
    (34232, "PixelMagicJBIGOptions"),
    (34263, "JPLCartoIFD"),
    (34264, "ModelTransformationTag"),
    (34306, "WB_GRGBLevels"),
    (34310, "LeafData"),
    (34361, "MM_Header"),
    (34362, "MM_Stamp"),
    (34377, "ImageResources"),
    (34386, "MM_UserBlock"),
    (34412, "CZ_LSMINFO"),
    (34665, "ExifTag"),
    (34675, "InterColorProfile"),
    (34680, "FEI_SFEG"),
    (34682, "FEI_HELIOS"),
    (34683, "FEI_TITAN"),
    (34687, "FXExtensions"),
    (34688, "MultiProfiles"),
    (34689, "SharedData"),
    (34690, "T88Options"),
    (34710, "MarCCD"),
    (34732, "ImageLayer"),
    (34735, "GeoKeyDirectoryTag"),
    (34736, "GeoDoubleParamsTag"),
    (34737, "GeoAsciiParamsTag"),
    (34750, "JBIGOptions"),
    (34821, "PIXTIFF"),
    (34853, "GPSTag"),
    (34908, "HylaFAXFaxRecvParams"),
    (34909, "HylaFAXFaxSubAddress"),
    (34910, "HylaFAXFaxRecvTime"),
    (34911, "FaxDcs"),
    (34929, "FedexEDR"),
    (34954, "LeafSubIFD"),
    (34959, "Aphelion1"),
    (34960, "Aphelion2"),
    (34961, "AphelionInternal"),
    (37701, "AgilentBinary"),
    (37702, "AgilentString"),
    (37706, "TVIPS"),
    (37707, "TVIPS1"),
    (37708, "TVIPS2"),
    (37724, "ImageSourceData"),
    (40100, "MC_IdOld"),
    (42112, "GDAL_METADATA"),
    (42113, "GDAL_NODATA"),
    (42240, "Gamma"),
    (43314, "NIHImageHeader"),
    (50003, "KodakAPP3"),
    (50215, "OceScanjobDescription"),
    (50216, "OceApplicationSelector"),
    (50217, "OceIdentificationNumber"),
    (50218, "OceImageLogicCharacteristics"),
    (50255, "Annotations"),
    (50288, "MC_Id"),
    (50289, "MC_XYPosition"),
    (50290, "MC_ZPosition"),
    (50291, "MC_XYCalibration"),
    (50292, "MC_LensCharacteristics"),
    (50293, "MC_ChannelName"),
    (50294, "MC_ExcitationWavelength"),
    (50295, "MC_TimeStamp"),
    (50296, "MC_FrameProperties"),
    (50341, "PrintImageMatching"),
    (50495, "PCO_RAW"),
    (50547, "OriginalFileName"),
    (50560, "USPTO_OriginalContentType"),
    (50561, "USPTO_RotationCode"),
    (50656, "CR2CFAPattern"),
    (50674, "LercParameters"),
    (50706, "DNGVersion"),
    (50707, "DNGBackwardVersion"),
    (50708, "UniqueCameraModel"),
    (50709, "LocalizedCameraModel"),
    (50710, "CFAPlaneColor"),
    (50711, "CFALayout"),
    (50712, "LinearizationTable"),
    (50713, "BlackLevelRepeatDim"),
    (50714, "BlackLevel"),
    (50715, "BlackLevelDeltaH"),
    (50716, "BlackLevelDeltaV"),
    (50717, "WhiteLevel"),
    (50718, "DefaultScale"),
    (50719, "DefaultCropOrigin"),
    (50720, "DefaultCropSize"),
    (50721, "ColorMatrix1"),
    (50722, "ColorMatrix2"),
    (50723, "CameraCalibration1"),
    (50724, "CameraCalibration2"),
    (50725, "ReductionMatrix1"),
    (50726, "ReductionMatrix2"),
    (50727, "AnalogBalance"),
    (50728, "AsShotNeutral"),
    (50729, "AsShotWhiteXY"),
    (50730, "BaselineExposure"),
    (50731, "BaselineNoise"),
    (50732, "BaselineSharpness"),
    (50733, "BayerGreenSplit"),
    (50734, "LinearResponseLimit"),
    (50735, "CameraSerialNumber"),
    (50736, "LensInfo"),
    (50737, "ChromaBlurRadius"),
    (50738, "AntiAliasStrength"),
    (50739, "ShadowScale"),
    (50740, "DNGPrivateData"),
    (50741, "MakerNoteSafety"),
    (50752, "RawImageSegmentation"),
    (50778, "CalibrationIlluminant1"),
    (50779, "CalibrationIlluminant2"),
    (50780, "BestQualityScale"),
    (50781, "RawDataUniqueID"),
    (50784, "AliasLayerMetadata"),
    (50827, "OriginalRawFileName"),
    (50828, "OriginalRawFileData"),
    (50829, "ActiveArea"),
    (50830, "MaskedAreas"),
    (50831, "AsShotICCProfile"),
    (50832, "AsShotPreProfileMatrix"),
    (50833, "CurrentICCProfile"),
    (50834, "CurrentPreProfileMatrix"),
    (50838, "IJMetadataByteCounts"),
    (50839, "IJMetadata"),
    (50844, "RPCCoefficientTag"),
    (50879, "ColorimetricReference"),
    (50885, "SRawType"),
    (50898, "PanasonicTitle"),
    (50899, "PanasonicTitle2"),
    (50908, "RSID"),
    (50909, "GEO_METADATA"),
    (50931, "CameraCalibrationSignature"),
    (50932, "ProfileCalibrationSignature"),
    (50933, "ProfileIFD"),
    (50934, "AsShotProfileName"),
    (50935, "NoiseReductionApplied"),
    (50936, "ProfileName"),
    (50937, "ProfileHueSatMapDims"),
    (50938, "ProfileHueSatMapData1"),
    (50939, "ProfileHueSatMapData2"),
    (50940, "ProfileToneCurve"),
    (50941, "ProfileEmbedPolicy"),
    (50942, "ProfileCopyright"),
    (50964, "ForwardMatrix1"),
    (50965, "ForwardMatrix2"),
    (50966, "PreviewApplicationName"),
    (50967, "PreviewApplicationVersion"),
    (50968, "PreviewSettingsName"),
    (50969, "PreviewSettingsDigest"),
    (50970, "PreviewColorSpace"),
    (50971, "PreviewDateTime"),
    (50972, "RawImageDigest"),
    (50973, "OriginalRawFileDigest"),
    (50974, "SubTileBlockSize"),
    (50975, "RowInterleaveFactor"),
    (50981, "ProfileLookTableDims"),
    (50982, "ProfileLookTableData"),
    (51008, "OpcodeList1"),
    (51009, "OpcodeList2"),
    (51022, "OpcodeList3"),
    (51023, "FibicsXML"),
    (51041, "NoiseProfile"),
    (51043, "TimeCodes"),
    (51044, "FrameRate"),
    (51058, "TStop"),
    (51081, "ReelName"),
    (51089, "OriginalDefaultFinalSize"),
    (51090, "OriginalBestQualitySize"),
    (51091, "OriginalDefaultCropSize"),
    (51105, "CameraLabel"),
    (51107, "ProfileHueSatMapEncoding"),
    (51108, "ProfileLookTableEncoding"),
    (51109, "BaselineExposureOffset"),
    (51110, "DefaultBlackRender"),
    (51111, "NewRawImageDigest"),
    (51112, "RawToPreviewGain"),
    (51113, "CacheBlob"),
    (51114, "CacheVersion"),
    (51123, "MicroManagerMetadata"),
    (51125, "DefaultUserCrop"),
    (51159, "ZIFmetadata"),
    (51160, "ZIFannotations"),
    (51177, "DepthFormat"),
    (51178, "DepthNear"),
    (51179, "DepthFar"),
    (51180, "DepthUnits"),
    (51181, "DepthMeasureType"),
    (51182, "EnhanceParams"),
    (52525, "ProfileGainTableMap"),
    (52526, "SemanticName"),
    (52528, "SemanticInstanceID"),
    (52529, "CalibrationIlluminant3"),
    (52530, "CameraCalibration3"),
    (52531, "ColorMatrix3"),
    (52532, "ForwardMatrix3"),
    (52533, "IlluminantData1"),
    (52534, "IlluminantData2"),
    (52536, "MaskSubArea"),
    (52537, "ProfileHueSatMapData3"),
    (52538, "ReductionMatrix3"),
    (52543, "RGBTables"),
    (52544, "ProfileGainTableMap2"),
    (52547, "ColumnInterleaveFactor"),
    (52548, "ImageSequenceInfo"),
    (52550, "ImageStats"),
    (52551, "ProfileDynamicRange"),
    (52552, "ProfileGroupName"),
    (52553, "JXLDistance"),
    (52554, "JXLEffort"),
    (52555, "JXLDecodeSpeed"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorted_and_unique() {
        assert!(NAMES.is_sorted_by(|a, b| a.0 < b.0));
        for (number_, name_) in NAMES {
            assert_eq!(name(*number_), Some(*name_));
            assert_eq!(number(name_), Some(*number_), "{name_}");
        }
        assert_eq!(name(1), None);
    }
}
