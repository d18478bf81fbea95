{{/* Labels of everything that belongs to one service: (dict "root" $ "name" "drm"). */}}
{{- define "solyx.labels" -}}
app.kubernetes.io/part-of: solyx
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{ include "solyx.selector" . }}
{{- end }}

{{/* What selects the pods of one service; never changes, since a Deployment's selector cannot. */}}
{{- define "solyx.selector" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{- define "solyx.fullname" -}}
{{ printf "%s-%s" .root.Release.Name .name | trunc 63 | trimSuffix "-" }}
{{- end }}
