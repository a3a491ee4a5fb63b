import { SmartError } from "../errors.js";

/** Types whose search parameter for the patient is not `patient`. */
const exceptions = { AdverseEvent: "subject", Group: "member", Patient: "_id", Schedule: "actor", SupplyRequest: "subject" };

/** The types of a patient's compartment, in FHIR R4 and before (FHIR R4, compartment definition: Patient). */
const compartment = new Set(
  `Account AllergyIntolerance Appointment AppointmentResponse AuditEvent Basic BodySite BodyStructure CarePlan CareTeam ChargeItem
   Claim ClaimResponse ClinicalImpression Communication CommunicationRequest Composition Condition Consent Coverage
   CoverageEligibilityRequest CoverageEligibilityResponse DetectedIssue DeviceRequest DeviceUseRequest DeviceUseStatement
   DiagnosticOrder DiagnosticReport DocumentManifest DocumentReference EligibilityRequest Encounter EnrollmentRequest EpisodeOfCare
   ExplanationOfBenefit FamilyMemberHistory Flag Goal ImagingManifest ImagingObjectSelection ImagingStudy Immunization
   ImmunizationEvaluation ImmunizationRecommendation Invoice List MeasureReport Media MedicationAdministration MedicationDispense
   MedicationOrder MedicationRequest MedicationStatement MolecularSequence NutritionOrder Observation Order Person Procedure
   ProcedureRequest Provenance QuestionnaireResponse ReferralRequest RelatedPerson RequestGroup ResearchSubject RiskAssessment
   ServiceRequest Specimen SupplyDelivery Task VisionPrescription`.split(/\s+/),
);

/** The search parameter for the patient of a resource type. */
export function patientParameter(resourceType) {
  if (Object.hasOwn(exceptions, resourceType)) return exceptions[resourceType];
  if (compartment.has(resourceType)) return "patient";
  throw new SmartError("invalid_reference", `${resourceType} is not in the patient compartment: use client.request() for it.`);
}
